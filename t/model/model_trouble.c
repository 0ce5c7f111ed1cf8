/*
 * What happens to a site: its way to the centre is cut, its replica is started
 * anew, emptied, made a master, or fed by one that is behind; at the centre
 * another master is promoted, and clocks are wrong.
 * Knows no worker and no rule.  CONTRIBUTING.md, "The model".
 */

#include "model_site.h"


/* Kinds of them. */
#define MODEL_TROUBLES  12


static void model_trouble_cut(uint64_t until);
static void model_trouble_back(void);
static void model_trouble_restart(bool empty);
static void model_trouble_promote(void);
static void model_trouble_clock(void);


/* Ticks, mostly of some seconds. */
static uint64_t
model_trouble_time(void)
{
    return model.tick + model_roll_less(2 * model.terms.trouble);
}


static unsigned
model_trouble_former(unsigned state)
{
    unsigned  most = model_chance(128) ? 4 : 64;
    unsigned  back = model_roll_less(state < most ? state : most);

    return state - back > 0 ? state - back : 1;
}


void
model_trouble(void)
{
    switch (model.terms.only ? model.terms.only
                             : model_roll(MODEL_TROUBLES)) {

    case 0:
    case 1:
        model_trouble_cut(model_trouble_time());
        break;

    case MODEL_TROUBLE_BACK:
        model_trouble_back();
        break;

    case 3:
        model.count.stopped_ticks++;
        model_site.ticks = model_trouble_time();
        model_trace("centre: nobody ticks for %u",
                    (unsigned) (model_site.ticks - model.tick));
        break;

    case 4:
        model_trouble_clock();
        break;

    case 5:
    case MODEL_TROUBLE_RESTART:
        model_trouble_restart(model_chance(32));
        break;

    case 7:
        model_trouble_promote();
        break;

    case 8:
        if (model_site.role != MODEL_SITE_MASTER) {
            model.count.masters++;
            model_site.role = MODEL_SITE_MASTER;
            model_trace("replica: is made a master");

        } else {
            model_site.role = MODEL_SITE_CONNECT;
            model_site.whole = model_site.last;
            model_trace("replica: is a replica again");
        }

        break;

    case 9:
        model.count.resyncs++;
        model_site.whole = model_site.last;
        break;

    default:
        if (!model_site.is_empty) {
            model_fault(0);
        }
    }
}


static void
model_trouble_cut(uint64_t until)
{
    if (model_site.role == MODEL_SITE_MASTER) {
        return;
    }

    model_site.cut = until;
    model_site.far = model_chance(128);
    model_site.role = model_site.far ? MODEL_SITE_CONNECTED
                                     : MODEL_SITE_CONNECT;

    model.count.uplinks++;
    model.count.uplinks_far += model_site.far;
    model_trace("replica: cut off for %u ticks, %s",
                (unsigned) (until - model.tick),
                model_site.far ? "and does not know" : "as it says");
}


/* It is fed by another one, which has been cut off for a while, and is. */
static void
model_trouble_back(void)
{
    if (model_site.is_empty || model_site.role == MODEL_SITE_MASTER) {
        return;
    }

    model.count.backs++;
    model_trouble_cut(model_trouble_time());
    model_site_take(model_trouble_former(model_site.has), true);
}


/* By its file, which has less than it had. */
static void
model_trouble_restart(bool empty)
{
    model_server_t  *server = &model.stores[0].servers[0];

    model.count.restarts++;
    model.count.emptied += empty;
    model_trace("replica: is started%s", empty ? " empty" : "");
    model_fault_links(0, false);

    if (!model_site.is_empty && model_site.had < model_site.has) {
        model_site.had = model_site.has;
    }

    if (model_site.role == MODEL_SITE_SYNC) {
        model_site.role = MODEL_SITE_CONNECT;
    }

    model.stores[0].stopped = model.tick + model_roll_less(
        model_chance(128) ? 400 * MODEL_TICKS : model.terms.trouble / 2);
    model_site.started = model.stores[0].stopped;

    if (model_chance(192)) {
        model_trouble_cut(model_trouble_time());
    }

    if (empty) {
        model_site.is_empty = true;
        server->flags = 0;
        server->instance = 0;

    } else if (!model_site.is_empty) {
        model_site_take(model_trouble_former(model_site.has), false);
    }
}


/* The last flags may be lost, and others are there again. */
static void
model_trouble_promote(void)
{
    unsigned              former = model_trouble_former(model_site.last);
    unsigned              flags = model_site.states[former].flags;
    unsigned              before = model_site.states[model_site.last].flags;
    model_store_t        *store = &model.stores[0];

    if (model_site.last == MODEL_SITE_STATES - 1) {
        return;
    }

    model.count.promoted++;
    model_site_append(flags, MODEL_AGE, model_site.states[former].time);
    model_site.whole = model_site.last;
    model_trace("centre: another master, with state %u as %u", former,
                model_site.last);

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {

        if (!(flags >> key & 1)) {
            store->flagged[key] = MODEL_NEVER;

        } else if (!(before >> key & 1)) {
            store->flagged[key] = model.tick;
            model_site.flagged[key] = model_site.last;
            model_site.until[key] = model_tick_until();
        }
    }
}


/* Of who ticks; what is far ahead is written by force, or put right so. */
static void
model_trouble_clock(void)
{
    static const int  clocks[] = { 0, 0, 300, 900, 1000, 1000, -300, -1200,
                                   -5000, 1500, MODEL_SITE_FAR };

    model_site.clock = clocks[model_roll(sizeof(clocks) / sizeof(clocks[0]))];
    model.count.clocks_ahead += model_site.clock > 0;
    model.count.clocks_behind += model_site.clock < 0;
    model_trace("centre: who ticks is %d ms ahead", (int) model_site.clock);

    if (model_chance(64)
        && model_site.states[model_site.last].time
           > model_tick_wall(MODEL_SITE_AHEAD, model.tick))
    {
        model_site_tick(model_tick_wall(0, model.tick));

    } else if (model_site.clock == MODEL_SITE_FAR && model_chance(128)) {
        model.count.clocks_far++;
        model_site_tick(model_tick_wall(model_site.clock, model.tick));
    }
}
