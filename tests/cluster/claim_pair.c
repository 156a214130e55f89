/* Two claim stores as one: the first decides, the second has the effects. */
#include "claim_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A store with one key, which notes its calls. */
typedef struct fake {
    catga_claim_result result; /* of `claim` */
    catga_bytes answer;        /* of a handled message */
    bool done_fails;
    int claims, dones, releases;
    catga_bytes recorded; /* answer of the last `done` */
} fake;

typedef struct fixture {
    fake first;
    fake effects;
    claim_pair pair;
    catga_claim_store store;
} fixture;

static const uint8_t order[] = "order";

static catga_claim_result fake_claim(void *user, catga_claim *claim)
{
    fake *self = user;

    self->claims++;
    if (self->result == CATGA_CLAIM_TAKEN)
        claim->of_store = self;
    if (self->result == CATGA_CLAIM_DONE)
        claim->answer = self->answer;
    return self->result;
}

static bool fake_done(void *user, catga_claim *claim)
{
    fake *self = user;

    assert_ptr_equal(claim->of_store, self);
    self->dones++;
    self->recorded = claim->answer;
    return !self->done_fails;
}

static void fake_release(void *user, catga_claim *claim)
{
    fake *self = user;

    assert_ptr_equal(claim->of_store, self);
    self->releases++;
}

static catga_claim_store store_of(fake *self)
{
    return (catga_claim_store){
        .claim = fake_claim, .done = fake_done, .release = fake_release, .user = self};
}

static int set_up(void **state)
{
    static fixture self;

    self = (fixture){.first.result = CATGA_CLAIM_TAKEN, .effects.result = CATGA_CLAIM_TAKEN};
    self.pair = (claim_pair){.first = store_of(&self.first), .effects = store_of(&self.effects)};
    self.store = claim_pair_store(&self.pair);
    *state = &self;
    return 0;
}

static catga_claim_result take(fixture *self, catga_claim *claim)
{
    *claim = (catga_claim){.key = CATGA_STR("form-1")};
    return self->store.claim(self->store.user, claim);
}

static bool finish(fixture *self, catga_claim *claim)
{
    claim->answer = (catga_bytes){order, sizeof order};
    return self->store.done(self->store.user, claim);
}

static void an_effect_is_stored_before_its_record(void **state)
{
    fixture *self = *state;
    catga_claim claim;

    assert_int_equal(take(self, &claim), CATGA_CLAIM_TAKEN);
    assert_int_equal(self->effects.releases, 1);
    self->first.done_fails = true;
    assert_false(finish(self, &claim));
    assert_ptr_equal(self->effects.recorded.data, order);
    assert_ptr_equal(self->first.recorded.data, order);
}

static void a_message_that_the_first_store_knows_is_not_looked_for(void **state)
{
    static const catga_claim_result results[] = {CATGA_CLAIM_DONE, CATGA_CLAIM_HELD,
                                                 CATGA_CLAIM_UNKNOWN, CATGA_CLAIM_REUSED};
    fixture *self = *state;
    catga_claim claim;

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        self->first.result = results[i];
        assert_int_equal(take(self, &claim), results[i]);
    }
    assert_int_equal(self->effects.claims, 0);
}

static void a_record_that_was_lost_is_written_again(void **state)
{
    fixture *self = *state;
    catga_claim claim;

    self->effects.result = CATGA_CLAIM_DONE;
    self->effects.answer = (catga_bytes){order, sizeof order};
    assert_int_equal(take(self, &claim), CATGA_CLAIM_DONE);
    assert_ptr_equal(claim.answer.data, order);
    assert_int_equal(self->first.dones, 1);
    assert_ptr_equal(self->first.recorded.data, order);
    assert_int_equal(self->first.releases, 0);
}

static void an_effect_that_cannot_be_looked_for_lets_nothing_run(void **state)
{
    static const catga_claim_result results[] = {CATGA_CLAIM_HELD, CATGA_CLAIM_UNKNOWN,
                                                 CATGA_CLAIM_REUSED};
    fixture *self = *state;
    catga_claim claim;

    for (int i = 0; i < 3; i++) {
        self->effects.result = results[i];
        assert_int_equal(take(self, &claim), results[i]);
        assert_int_equal(self->first.releases, i + 1);
    }
    assert_int_equal(self->first.dones, 0);
}

static void an_effect_that_is_not_stored_is_not_recorded(void **state)
{
    fixture *self = *state;
    catga_claim claim;

    assert_int_equal(take(self, &claim), CATGA_CLAIM_TAKEN);
    self->effects.result = CATGA_CLAIM_DONE; /* by another attempt */
    assert_false(finish(self, &claim));
    assert_int_equal(take(self, &claim), CATGA_CLAIM_DONE);

    self->effects.result = CATGA_CLAIM_TAKEN;
    assert_int_equal(take(self, &claim), CATGA_CLAIM_TAKEN);
    self->effects.done_fails = true; /* a full disk */
    assert_false(finish(self, &claim));
    assert_int_equal(self->first.releases, 2);
    assert_int_equal(self->first.dones, 1); /* of the record that was lost */
}

static void a_failed_handler_releases_the_first_claim(void **state)
{
    fixture *self = *state;
    catga_claim claim;

    assert_int_equal(take(self, &claim), CATGA_CLAIM_TAKEN);
    self->store.release(self->store.user, &claim);
    assert_int_equal(self->first.releases, 1);
    assert_int_equal(self->effects.dones, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_effect_is_stored_before_its_record, set_up),
        cmocka_unit_test_setup(a_message_that_the_first_store_knows_is_not_looked_for, set_up),
        cmocka_unit_test_setup(a_record_that_was_lost_is_written_again, set_up),
        cmocka_unit_test_setup(an_effect_that_cannot_be_looked_for_lets_nothing_run, set_up),
        cmocka_unit_test_setup(an_effect_that_is_not_stored_is_not_recorded, set_up),
        cmocka_unit_test_setup(a_failed_handler_releases_the_first_claim, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
