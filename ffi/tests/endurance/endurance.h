/* What every trial of endurance is made of. */
#ifndef ENDURANCE_H
#define ENDURANCE_H
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "../common/check.h"

typedef struct { const char *name; void (*run)(void); } trial;
extern const trial ROUNDS[], THREADS[];

/* Where the engine is, and how often a thing is done. */
extern mbt_config config;
extern unsigned rounds;
/* Whether the service is another process. */
extern int over_socket;

/* A card and password that let in, the card of each of the team by number, and one that is nobody's. */
#define NURSE "felica:0114B34C1A2B3C01"
#define TEAM_CARD "felica:0114B34C1A2B3C%02X"
#define PASSWORD "quiet-Heron-42"
#define STRANGER "felica:0114B34C1A2B3CFF"

/* The longest that anything here may take, ms. */
#define LONG_MS 30000

/* Random numbers of one thread, from the seed that was printed. */
typedef uint64_t dice;
dice shaken(void);
unsigned roll(dice *with, unsigned sides);
/* Lets up to so many milliseconds go by. */
void dawdle(dice *with, unsigned most_ms);

mbt_engine *opened(void);
/* Begins an attempt by a card and a password of the host's. Where all places are taken, until one is free. */
mbt_status begin(mbt_engine *engine, mbt_session **out);
/* Hands both in, and waits for the end; without a password it is called off. The first call that fails ends it. */
mbt_status attempt(mbt_engine *engine, const char *card, const char *password, mbt_result *result, mbt_grant **grant);
/* Lets the nurse in, and logs her off. */
void let_in(mbt_engine *engine);

/* Tells that a round is over: from the second tenth of them to the last, memory may not grow. In process an engine that stays open
   fills its caches of the store's pages: rounds on one of these are not counted, and the whole trial is. */
void count_round(unsigned round, unsigned all);
/* How many threads and descriptors this process has. */
unsigned threads(void);
unsigned descriptors(void);
/* Waits until there are so many threads, and no longer than it may take. */
void settle(unsigned many_threads);

/* The service is killed and started again, as this program's standard input says. */
void outlive(void);

#endif
