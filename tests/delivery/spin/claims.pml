/*
 * A message that must be handled once, its record, and two replicas that receive it until it is done:
 * the rules of runtime/src/delivery/claim.h, small enough to explore every history. A replica may die
 * between any two steps and restart. An answer of the store may be lost.
 *
 * TOGETHER  the effect is committed together with the id, in the handler's own transaction
 * LEASES    a live replica is never declared dead
 * STRICT    asserts one effect, whatever dies
 */
#define ATTEMPTS 10 /* more than any history needs */
#define DEATHS 2
#define LOSSES 2
#define THEFTS 2 /* claims that are taken from live replicas, without leases */

mtype = { none, taken, free, done };

mtype state = none; /* the record */
byte owner;
byte revision;

byte attempts; /* number of attempts so far */
bool works[ATTEMPTS + 1];
byte deaths, losses, failures, thefts;
byte effects, marks, windows;
bool committed; /* the id, in the handler's own store */

#if LEASES
#define CAN_TAKE (state != taken || !works[owner])
#else
#define CAN_TAKE (state != taken || !works[owner] || thefts < THEFTS)
#endif
#if TOGETHER
#define IS_DONE (state == done || committed)
#else
#define IS_DONE (state == done)
#endif

/* The process dies: its attempt ends, and the message is redelivered to it. */
#define MAY_DIE                                                                                    \
    if                                                                                             \
    :: atomic { deaths < DEATHS -> deaths++; works[me] = false; goto again }                       \
    :: skip                                                                                        \
    fi

/* Compare-and-set, and its answer, which may be lost. */
#define WRITE(what)                                                                                \
    atomic {                                                                                       \
        written = revision == seen;                                                                \
        if                                                                                         \
        :: written -> state = what; owner = me; revision++                                         \
        :: else                                                                                    \
        fi;                                                                                        \
        certain = true;                                                                            \
        if                                                                                         \
        :: losses < LOSSES -> losses++; certain = false                                            \
        :: skip                                                                                    \
        fi                                                                                         \
    }

/* Reads the record to find out the result of a write with a lost answer. */
#define FIND_OUT(what)                                                                             \
    atomic {                                                                                       \
        if                                                                                         \
        :: !certain -> written = state == what && owner == me; seen = revision                     \
        :: written -> seen = seen + 1                                                              \
        :: else                                                                                    \
        fi                                                                                         \
    }

proctype replica()
{
    byte me, seen;
    bool written, certain, had_effect;

again: /* a delivery: an attempt with a unique name */
    atomic {
        attempts++;
        assert(attempts <= ATTEMPTS);
        me = attempts;
        works[me] = true;
        had_effect = false
    }

look: /* a message that another replica holds is redelivered later */
    atomic {
        CAN_TAKE || IS_DONE;
        if
        :: IS_DONE -> works[me] = false; goto acknowledged
        :: else
        fi;
        if
        :: state == taken && works[owner] -> thefts++
        :: else
        fi;
        seen = revision
    }

    MAY_DIE;
    WRITE(taken);
    MAY_DIE;
    FIND_OUT(taken);
    if
    :: !written -> goto look
    :: else
    fi;

    /* the handler */
    MAY_DIE;
    if
    :: atomic { failures < 1 -> failures++; goto give_up }
    :: skip
    fi;
#if TOGETHER
    atomic {
        if
        :: committed -> skip /* the id exists: the transaction is rejected */
        :: else -> committed = true; effects++
        fi
    }
#else
    atomic { effects++; had_effect = true };
#endif
    if
    :: atomic {
        deaths < DEATHS -> deaths++; works[me] = false; windows = windows + had_effect; goto again
    }
    :: skip
    fi;

mark:
    WRITE(done);
    FIND_OUT(done);
    if
    :: written -> atomic { marks++; works[me] = false; assert(marks <= 1); goto acknowledged }
    :: !written && state == taken && owner == me -> seen = revision; goto mark
    :: else -> works[me] = false; goto again /* another has taken it */
    fi;

give_up:
    WRITE(free);
    FIND_OUT(free);
    if
    :: !written && state == taken && owner == me -> seen = revision; goto give_up
    :: else -> works[me] = false; goto again
    fi;

acknowledged:
    skip
}

init
{
    atomic { run replica(); run replica() };
    (_nr_pr == 1);
    assert(effects >= 1);
    assert(TOGETHER || state == done);
#if STRICT
    assert(effects == 1)
#else
    assert(effects <= 1 + windows)
#endif
}
