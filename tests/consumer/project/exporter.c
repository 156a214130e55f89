/* Starts an exporter of traces, and prints why there is none. */
#include <catga/otlp.h>

#include <stdio.h>

int main(void)
{
    catga_otlp *exporter;
    catga_problem problem = {"no exporter"};

    catga_status status = catga_otlp_start(&exporter, NULL, &problem);
    puts(exporter == NULL ? problem.text : "an exporter");
    catga_otlp_close(exporter);
    return status == CATGA_OK ? 0 : 1;
}
