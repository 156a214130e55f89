/*
 * A message that is to be handled once, its record, and two replicas that get it again and again until
 * it is done: the rules of runtime/src/delivery/claim.h, small enough to look at every history. A
 * replica may die between any two steps and begin anew, an answer of the store may be lost.
 *
 * TOGETHER  the effect is committed together with the id, in the handler's own transaction
 * LEASES    who lives is not taken for dead
 * STRICT    it is claimed that there is one effect whatever dies
 */
#define ATTEMPTS 10 /* more than any history needs */
#define DEATHS 2
#define LOSSES 2
#define THEFTS 2 /* claims that are taken from who lives, without leases */

mtype = { none, taken, free, done };

mtype state = none; /* the record */
byte owner;
byte revision;

byte attempts; /* begun so far */
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

/* The process dies: its attempt works no more, and the message comes to it again. */
#define MAY_DIE                                                                                    \
    if                                                                                             \
    :: atomic { deaths < DEATHS -> deaths++; works[me] = false; goto again }                       \
    :: skip                                                                                        \
    fi

/* Compare and set, and the answer, which may be lost. */
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

/* A write whose answer was lost is found out by reading. */
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

again: /* the message comes: an attempt, which has a name that no other has */
    atomic {
        attempts++;
        assert(attempts <= ATTEMPTS);
        me = attempts;
        works[me] = true;
        had_effect = false
    }

look: /* what is held by another is come back for */
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
        :: committed -> skip /* the id is there: the transaction is refused */
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
