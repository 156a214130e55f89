/* fbs.h -- declarations, types and fields as a FlatBuffers schema spells them. */
#ifndef CATGAC_GENERATE_FBS_H
#define CATGAC_GENERATE_FBS_H

#include "generate/view/viewer.h"

/* Return the name of a declaration: where it is declared, and as the module refers to it. */
slice fbs_name(viewer *v, const model_origin *origin);
slice fbs_reference(viewer *v, const model_origin *origin);

slice fbs_namespace(viewer *v, slice namespace);

/* Returns the struct of a uuid: Uuid_shop_orders. Each file has its own, in the namespace catga,
 * since flatc reads many files together. */
slice fbs_uuid(viewer *v);

/* uint */
slice fbs_scalar(scalar_kind scalar);

slice fbs_type(viewer *v, const model_type *type);

/* Returns an alternative of a union: "Card", or "other: shop.money.Card". */
slice fbs_alternative(viewer *v, const model_union_member *member);

/* Returns the text after the name of a struct: " (force_align: 16)", or empty. */
slice fbs_struct_attributes(viewer *v, const model_struct *structure);

slice fbs_enum_value(viewer *v, const model_enum *enumeration, const model_value *value);

/* Sets the properties of a field that only FlatBuffers schemas use. */
void fbs_field(viewer *v, const model_field *field, view_field *made);

#endif
