/* What the programs of an administrator's day share: who comes to the desk, and how a job is waited for. */
#ifndef DESK_H
#define DESK_H
#include "../misuse/misuse.h"

/* Opens the store whose five places begin at `places`. */
mbt_engine *open_store(char **places);
/* Lets somebody in by card and password; NULL where they are not. */
mbt_grant *let_in_by(mbt_engine *at, uint32_t purpose, const char *card, const char *password);
/* Begins a job and waits for its end. */
mbt_status work(mbt_engine *at, const mbt_grant *by, const mbt_job_params *params, mbt_job **out);
/* Everything that the job wrote; to be freed. */
uint8_t *output(mbt_job *of, size_t *length);

#endif
