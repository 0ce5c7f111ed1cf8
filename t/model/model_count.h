/*
 * What the model counts: each of these must happen, or the model has not
 * tried what it is for.  Knows no episode.
 * CONTRIBUTING.md, "The model".
 */

#ifndef MODEL_COUNT_H
#define MODEL_COUNT_H

#include <stdint.h>


#define MODEL_COUNTS(count)                                                   \
    count(hits, "hits")                                                       \
    count(hits_other, "hits on what another worker has read")                 \
    count(hits_dead, "hits on what a killed worker has read")                 \
    count(hits_stopped, "hits on what a stopped worker has read")             \
    count(hits_flagged, "hits on a holder flagged for less than a lease")     \
    count(hits_latest, "of them, for almost as long")                         \
    count(hits_control, "hits while control was flagged for less")            \
    count(hits_region, "hits while region was flagged for less")              \
    count(hits_stopping, "hits by a worker that was stopped in between")      \
    count(hits_parted, "hits by a worker that has no connection")             \
    count(stale, "passes in an outage by what was known")                     \
    count(stale_other, "of them, by what another worker has read")            \
    count(stale_flagged, "of them, of a holder who is flagged")               \
    count(misses, "misses")                                                   \
    count(answers, "answers that let a request pass")                         \
    count(answers_flagged, "of them, flagged since it was read")              \
    count(answers_demoted, "of them, by a former master: not judged")         \
    count(denials, "answers that did not")                                    \
    count(late, "requests that were answered too late")                       \
    count(joined, "requests that joined a lookup")                            \
    count(joined_not, "requests that found one sent too long ago")            \
    count(stored, "absences stored")                                          \
    count(stored_over, "of them, over a living one")                          \
    count(overtaken, "of them, where another was writing")                    \
    count(stored_changed, "not stored: changed before all was answered")      \
    count(forgotten, "entries deleted")                                       \
    count(forgotten_none, "deletions that found nothing")                     \
    count(forgotten_torn, "torn entries met by a deletion")                   \
    count(torn, "torn entries met by a read")                                 \
    count(changed, "entries found changed at the second look")                \
    count(epochs, "entries whose owner has gone on")                          \
    count(lapsed, "entries whose lease has lapsed")                           \
    count(lapsed_own, "entries found by one whose own lease has lapsed")      \
    count(aged, "entries too old")                                            \
    count(foreign, "entries of another store")                                \
    count(doubles, "entries that stand twice")                                \
    count(renewed, "leases renewed")                                          \
    count(renewed_not, "not renewed: the epoch was another when sent")        \
    count(last, "epochs begun that were the last one")                        \
    count(stops, "stops")                                                     \
    count(stops_finding, "stops longer than a lease in a read")               \
    count(stops_storing, "stops longer than a lease in a store")              \
    count(stops_writing, "stops longer than a lease in its writes")           \
    count(stops_forgetting, "stops longer than a lease in a deletion")        \
    count(stops_leasing, "stops longer than a lease at the lease")            \
    count(stops_sending, "stops longer than a lease before sending")          \
    count(kills, "kills")                                                     \
    count(kills_finding, "kills in a read")                                   \
    count(kills_storing, "kills in a store")                                  \
    count(kills_writing, "kills in its writes")                               \
    count(kills_forgetting, "kills in a deletion")                            \
    count(kills_leasing, "kills at the lease")                                \
    count(writes, "flags set or cleared")                                     \
    count(touches, "times that a store was touched")                          \
    count(pushes, "pushes of a key")                                          \
    count(pushes_all, "pushes of all")                                        \
    count(pushes_meta, "pushes of meta")                                      \
    count(connects, "connections made")                                       \
    count(lost, "leases lost with a connection")                              \
    count(refused, "connections to a store that proved nothing")              \
    count(silent, "connections given up for their silence")                   \
    count(rests, "times that nobody asked for leases")                        \
    count(woken, "reads after that, which carried the role")                  \
    count(hits_woken, "hits on what was known before nobody asked")           \
    count(quiet, "connections given up that had been silent before")          \
    count(again, "reads that were asked again on another one")                \
    count(left, "connections left for another address")                       \
    count(unproven, "answers of a store that is not what it was")             \
    count(cuts, "connections cut")                                            \
    count(halves, "connections half cut")                                     \
    count(pauses, "stores stopped")                                           \
    count(evictions, "keys that a store did not track any longer")            \
    count(rotations, "other passwords")                                       \
    count(auths, "of which a worker says that it is in use by AUTH")          \
    count(auths_refused, "of which AUTH is refused")                          \
    count(hits_authed, "hits on what the worker knew before AUTH")            \
    count(failovers, "other masters")                                         \
    count(named, "masters that sentinels named")                              \
    count(unnamed, "times that no majority of them spoke")                    \
    count(hits_led, "hits of workers that they lead, on flags of a failover") \
    count(moves, "other machines")                                            \
    count(swaps, "other data, other instance, no push")                       \
    count(restores, "other data, same instance")                              \
    count(losses, "data lost")                                                \
    count(parts, "data of one partition lost, or replaced")                   \
    count(inits, "data made anew")

/* What must happen in a cluster. */
#define MODEL_NODE_COUNTS(count)                                              \
    count(migrations, "partitions that began to move")                        \
    count(migrated, "that have moved")                                        \
    count(aborts, "that have not")                                            \
    count(takeovers, "that another node took over at once")                   \
    count(promotions, "replicas that took over from a master")                \
    count(flags_lost, "flags that were lost with it")                         \
    count(empties, "nodes restarted empty")                                   \
    count(moveds, "answers that the slot has moved")                          \
    count(asks, "answers to ask another node once")                           \
    count(followed, "parts that were asked there")                            \
    count(writes_asked, "flags set or cleared there")                         \
    count(maps, "maps that workers took")                                     \
    count(scouted, "of them, said by a server that is written")               \
    count(waits, "reads that waited for a map")                               \
    count(calms, "times that reads came back after all faults")

/* What must happen at a site, beside these. */
#define MODEL_SITE_COUNTS(count)                                              \
    count(site_writes, "flags set or cleared at the centre")                  \
    count(ticks, "ticks written there")                                       \
    count(ticks_kept, "that were not later than the one that was there")      \
    count(ticks_refused, "that were more than a second ahead")                \
    count(stopped_ticks, "times that nobody ticked")                          \
    count(clocks_ahead, "clocks of who ticks that were ahead")                \
    count(clocks_behind, "that were behind")                                  \
    count(clocks_far, "ticks far ahead, by force")                            \
    count(uplinks, "ways to the centre cut")                                  \
    count(uplinks_far, "of them, behind the replica's master")                \
    count(backs, "times that it was fed by one that was behind")              \
    count(restarts, "replicas started anew")                                  \
    count(emptied, "of them, empty")                                          \
    count(masters, "made a master")                                           \
    count(promoted, "other masters at the centre")                            \
    count(resyncs, "times that the way was lost with the backlog")            \
    count(syncs, "times that all data were read anew")                        \
    count(site_answers, "answers that let a request pass")                    \
    count(site_flagged, "of them, of somebody flagged at the centre")         \
    count(site_latest, "of them, for almost as long as lag")                  \
    count(site_offline, "offline answers that let a request pass")            \
    count(site_offline_flagged, "of them, of somebody flagged")

#define MODEL_SITE_SHARED_COUNTS(count)                                       \
    count(hits, "hits")                                                       \
    count(hits_flagged, "of them, of somebody flagged")                       \
    count(hits_latest, "of them, for almost as long as may be")               \
    count(calms, "times that reads came back after all faults")

typedef struct {
#define MODEL_COUNT_FIELD(name, text)  uint64_t name;
    MODEL_COUNTS(MODEL_COUNT_FIELD)
    MODEL_NODE_COUNTS(MODEL_COUNT_FIELD)
    MODEL_SITE_COUNTS(MODEL_COUNT_FIELD)
#undef MODEL_COUNT_FIELD
    uint64_t  steps, turns, episodes;
} model_count_t;

#endif
