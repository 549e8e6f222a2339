/*
 * return.pml: how a kept connection comes back to the primary (docs/LANES.md), for
 * spin (6.5 or later). handoff.pml is the way out; what it proves is taken as
 * given here: one connection per frame, and the worker's take is one step.
 *
 * Each worker has a second SOCK_SEQPACKET pair, the return lane: worker to
 * primary, one descriptor per message. Nothing acks a message.
 *
 *   return     the event loop, in one turn of JavaScript: stop reading, look
 *              whether the connection is idle (it was answered here, and no byte
 *              of a next request is read), send it, close its own copy. A send
 *              that fails has sent nothing: the loop keeps it and reads on.
 *   receive    the primary peeks, which installs the descriptor, and then
 *              consumes the message. Without room for a descriptor the message
 *              stays in the lane.
 *   hold       the primary watches it and reads nothing. Readable: pending. The
 *              client is gone, or keepAliveTimeout is over: closed.
 *   close      of a connection that was returned once is shutdown(2), then
 *              close(2): a blocked worker can still have a copy.
 *   exit       (process reaped.) FIRST the row decides on the un-acked frame,
 *              which makes room; then the return lane is read to its end. It
 *              outlives the worker until then.
 *
 *   park       after an answer, the event loop stops reading an idle connection,
 *              puts it into the epoll set, THEN writes PARKED. Two can claim it,
 *              by compare-and-swap:
 *                the loop   (readable, to return it, to close it) PARKED -> its own,
 *                           out of the set. It waits while the thread is MOVING.
 *                the thread PARKED -> MOVING, send, out of the set, -> MOVED. The
 *                           send fails: -> PARKED. The loop closes a MOVED copy.
 *   invite     the thread sends a message without a descriptor (want), and no other
 *              before it is invited. The primary keeps the want until another
 *              worker acks a frame, if need be an empty one (probe), and then
 *              invites. One connection per invitation.
 *
 * Checked in every interleaving, with a worker killed, a loop blocked (for a while
 * or for good), the primary killed, sends that fail, a client that half-closes or
 * resets, and pipelined requests:
 *   A  one owner: only the owner reads, sends, deals or closes a connection. So no
 *      request is read twice
 *   B  only what is idle is returned, and nothing idle is dealt
 *   C  when nothing can move any more, each connection is closed with all its
 *      requests read, or was lost with the process that owned it, or is with a
 *      worker that is blocked for good. No run goes on for ever, so this means
 *      "eventually". What is in flight or held is not lost with a worker
 *   D  no request waits for good on a parked connection
 *   E  no descriptor is closed while the thread uses it, or while it is in the set
 *   F  no descriptor is left open in the primary
 *   G  a client is told that its connection is closed
 *
 * Not in the model: draining (a loop can return at any time), refusals, time,
 * SIGSTOP (the thread stops too: each step can wait as long as it likes).
 *
 * Run 1, one connection and every fault:
 *   spin -DNC=1 -DDOWNS=1 -a return.pml
 *   gcc -O2 -DSAFETY -o pan pan.c && ./pan -E -m3000000
 * Runs 2 and 3, two connections: -DNC=2 -DFAILS=0 -DLEAVES=0, with -DKILLS=0 and
 * with -DBLOCKS=0
 * Run 4, no cycle:
 *   spin -DNC=1 -a return.pml
 *   gcc -O2 -DNP -DNOFAIR -o pan pan.c && ./pan -l -m3000000
 * Each of these, with -DNC=1, must FAIL:
 *   -DBUG_NO_CAS       who claims looks at the state, and then writes it
 *   -DBUG_NO_WAIT      the loop closes a connection while the thread is MOVING
 *   -DBUG_PARKED_FIRST PARKED is written before it is in the set
 *   -DBUG_DEAL_IDLE    a returned connection is dealt at once
 *   -DBUG_READS_ON     the loop keeps its copy after the send, and reads
 *   -DBUG_NOT_IDLE     a connection is returned with a request under way
 *   -DBUG_NO_DRAIN     the return lane is closed at the worker's exit
 *   -DBUG_DRAIN_FIRST  at an exit, the row waits until the return lane is empty
 *   -DBUG_NO_PEEK      a message is consumed without room for its descriptor
 *   -DBUG_NO_SHUTDOWN  close(2) alone
 *   -DBUG_END_COPY     the loop ends (shutdown(2)) a MOVED copy, instead of closing it
 *   -DBUG_WANT_ONCE    a want is forgotten when the worker that was probed dies
 */
#ifndef NC
#define NC 2            /* connections */
#endif
#ifndef REQUESTS
#define REQUESTS 1      /* besides the first of each connection */
#endif
#ifndef ROOM
#define ROOM NC         /* descriptors that the primary can have */
#endif
#ifndef KILLS
#define KILLS 1         /* of workers, each is followed by a replacement */
#endif
#ifndef DOWNS
#define DOWNS 0         /* of the primary */
#endif
#ifndef BLOCKS
#define BLOCKS 1        /* of the event loop of worker 0 */
#endif
#ifndef FAILS
#define FAILS 1         /* sends on a return lane */
#endif
#ifndef LEAVES
#define LEAVES 1        /* clients that half-close or reset */
#endif

#define NW 2            /* workers */
#define NF 2            /* descriptors of a worker: a MOVED one, and the same connection again */
#define NONE 7          /* no connection: a probe, a want */

/* who owns a connection: worker 0 or 1, or */
#define FLIGHT  2       /* on a return lane */
#define HELD    3
#define PENDING 4
#define LANE    5       /* in a frame that no worker has taken */
#define CLOSED  6
#define UNTOLD  7       /* closed, but its client learns that from the last copy */
#define LOST    8       /* with the process that owned it */

/* the state of a worker's descriptor */
#define FREE    0
#define NEW     1       /* no request of it answered yet */
#define BUSY    2       /* a request read, its answer not written */
#define IDLE    3
#define WOKEN   4       /* was parked, or could not be sent; not parked again before an answer */
#define GIVEN   5       /* sent by the loop, to be closed */
#define PARKED  6
#define MOVING  7
#define MOVED   8

#define ALIVE   0
#define KILLED  1       /* and 2: one of the two threads has ended */
#define GONE    3
#define REAPED  4       /* the row is done, the return lane perhaps not */

#define AWHILE  1
#define FORGOOD 2

/* the kernel */
chan lane[NW] = [1] of { byte };   /* connection, or NONE: probe */
chan acks[NW] = [1] of { bit };
chan ret[NW]  = [2] of { byte };   /* connection, or NONE: want */
byte unread[NC];                   /* requests */
bool fin[NC];                      /* the client sends no more */
byte life[NW], blocked[NW];
bool invited[NW];                  /* the eventfd */
bool down;                         /* the primary is dead */

/* the workers. Descriptor i of worker w is at w * NF + i */
byte state[NW * NF], conn[NW * NF], begun[NW * NF];  /* begun: requests read, not answered */
bool inSet[NW * NF];
bool taken[NW];                    /* row.taken; a new frame has another number, which clears it */

/* the primary */
byte sent[NW] = NONE, room;
bool busy[NW], wanted[NW];

byte kills = KILLS, downs = DOWNS, blocks = BLOCKS, fails = FAILS, requests = REQUESTS, leaves = LEAVES;

/* the truth, which no process knows */
byte owner[NC];

#define FD(i)        (w * NF + (i))
#define READABLE(c)  (unread[c] > 0 || fin[c])
#define READS(s)     (state[s] >= NEW && state[s] <= WOKEN)
#define KEPT(s)      (state[s] == IDLE || state[s] == WOKEN)
#define COPY(s, c)   (state[s] != FREE && conn[s] == (c))
#define COPIES(c)    (COPY(0, c) || COPY(1, c) || COPY(2, c) || COPY(3, c) || sent[0] == (c) || sent[1] == (c))

inline pass(c, from, to)
{
  assert(owner[c] == (from));                              /* A */
  owner[c] = to
}

inline close(c, from)    /* by its owner, whose copy is gone already */
{
#ifdef BUG_NO_SHUTDOWN
  pass(c, from, UNTOLD);
#else
  pass(c, from, CLOSED);
#endif
  unread[c] = 0; fin[c] = false
}

inline lose(c)
{
  owner[c] = LOST; unread[c] = 0; fin[c] = false
}

inline drop(s)           /* a worker closes a descriptor */
{
  assert(!inSet[s]);                                       /* E */
  state[s] = FREE; begun[s] = 0; conn[s] = 0
}

/* ------------------------------------------------------------- the primary */

inline deal(w, c)
{
  pass(c, PENDING, LANE);
  lane[w]!c; sent[w] = c; busy[w] = true; taken[w] = false
}

inline onAck(w)
{
  acks[w]?_;
  if :: sent[w] != NONE -> room++ :: else fi;
  sent[w] = NONE; busy[w] = false;
  if :: wanted[1 - w] -> wanted[1 - w] = false; invited[1 - w] = true :: else fi
}

inline probe(w)
{
  lane[w]!NONE; busy[w] = true
}

inline takeBack(w)       /* leaves a probe */
{
  lane[w]?c; pass(c, LANE, PENDING); sent[w] = NONE; lane[w]!NONE; c = 0
}

inline receive(w)
{
  ret[w]?c;
  if
  :: c == NONE -> wanted[w] = (life[w] == ALIVE)
#ifdef BUG_NO_PEEK
  :: c != NONE && room == 0 -> skip
#endif
  :: else ->
     room--;
#ifdef BUG_DEAL_IDLE
     pass(c, FLIGHT, PENDING)
#else
     pass(c, FLIGHT, HELD)
#endif
  fi;
  c = 0
}

inline onReaped(w)       /* the row */
{
  if
  :: sent[w] != NONE && taken[w] -> room++
  :: sent[w] != NONE && !taken[w] -> pass(sent[w], LANE, PENDING)
  :: else
  fi;
  if :: nempty(lane[w]) -> lane[w]?_ :: empty(lane[w]) fi;
  if :: nempty(acks[w]) -> acks[w]?_ :: empty(acks[w]) fi;
  sent[w] = NONE; busy[w] = false; taken[w] = false; wanted[w] = false; invited[w] = false;
#ifdef BUG_WANT_ONCE
  wanted[1 - w] = false;
#endif
  life[w] = REAPED
}

inline replace(w)        /* the return lane is at its end */
{
#ifdef BUG_NO_DRAIN
  do :: nempty(ret[w]) -> ret[w]?_ :: empty(ret[w]) -> break od;
#endif
  life[w] = ALIVE
}

#ifdef BUG_NO_PEEK
#define FITS(w)    true
#else
#define FITS(w)    (room > 0 || ret[w]?[NONE])
#endif
#ifdef BUG_NO_DRAIN
#define DRAINED(w) true
#else
#define DRAINED(w) empty(ret[w])
#endif
#ifdef BUG_DRAIN_FIRST
#define ROW(w)     empty(ret[w])
#else
#define ROW(w)     true
#endif

#define TO(w, c) \
  :: d_step { !down && life[w] != REAPED && !busy[w] && owner[c] == PENDING -> deal(w, c) }

#define LANES(w) \
  TO(w, 0) \
  TO1(w) \
  :: d_step { !down && life[w] < GONE && nempty(acks[w]) -> onAck(w) } \
  :: d_step { !down && life[w] != REAPED && wanted[1 - w] && !busy[w] -> probe(w) } \
  :: d_step { !down && blocked[w] && busy[w] && sent[w] != NONE && nempty(lane[w]) -> takeBack(w) } \
  :: d_step { !down && nempty(ret[w]) && FITS(w) -> receive(w) } \
  :: d_step { !down && life[w] == GONE && ROW(w) -> onReaped(w) } \
  :: d_step { !down && life[w] == REAPED && DRAINED(w) -> replace(w) }

#define HOLD(c) \
  :: d_step { !down && owner[c] == HELD && unread[c] > 0 -> pass(c, HELD, PENDING) } \
  :: d_step { !down && owner[c] == HELD && unread[c] == 0 -> room++; close(c, HELD) }

#if NC > 1
#define TO1(w) TO(w, 1)
#else
#define TO1(w)
#endif

active proctype Primary()
{
  byte c;
  atomic { do :: c < NC -> owner[c] = PENDING; unread[c] = 1; c++ :: else -> break od; c = 0;
           room = ROOM - NC;
           run Loop(0); run Loop(1); run Thread(0); run Thread(1); run World(); run Monitor() }
end:
  do
  LANES(0)
  LANES(1)
  HOLD(0)
#if NC > 1
  HOLD(1)
#endif
  od
}

/* -------------------------------------------------------- the event loops */

#define LOOP(cond, ...)  d_step { life[w] == ALIVE && !blocked[w] && (cond) -> __VA_ARGS__ }
#define TURN(...)        d_step { life[w] == ALIVE -> __VA_ARGS__ }   /* the same turn goes on */

inline take(s)
{
  lane[w]?c; pass(c, LANE, w);
  assert(READABLE(c));                                     /* B */
  state[s] = NEW; conn[s] = c; taken[w] = true; c = 0
}

#define SENDS    (!down && len(ret[w]) < 2)

inline sendBack(s)
{
  assert(begun[s] == 0);                                   /* B */
  pass(conn[s], w, FLIGHT); ret[w]!conn[s]
}

inline sendFails(s, after)
{
  if :: fails > 0 -> fails-- :: fails == 0 fi; state[s] = after
}

#ifdef BUG_NOT_IDLE
#define RETURNS(s) (KEPT(s) || state[s] == BUSY)
#else
#define RETURNS(s) KEPT(s)
#endif

#ifdef BUG_READS_ON
#define RETURN(s)  :: LOOP(RETURNS(s) && SENDS, sendBack(s); state[s] = WOKEN)
#else
#define RETURN(s)  :: LOOP(RETURNS(s) && SENDS, sendBack(s); state[s] = GIVEN); TURN(drop(s)) \
                   :: LOOP(state[s] == IDLE && (!SENDS || fails > 0), sendFails(s, WOKEN))
#endif

#ifdef BUG_PARKED_FIRST
#define PARK(s)    :: LOOP(state[s] == IDLE, state[s] = PARKED); TURN(inSet[s] = true)
#else
#define PARK(s)    :: LOOP(state[s] == IDLE, inSet[s] = true); TURN(state[s] = PARKED)
#endif

#ifdef BUG_NO_CAS
#define UNPARK(s)  :: LOOP(state[s] == PARKED, skip); TURN(state[s] = WOKEN; inSet[s] = false)
#else
#define UNPARK(s)  :: LOOP(state[s] == PARKED, state[s] = WOKEN; inSet[s] = false)
#endif

#ifdef BUG_NO_WAIT
#define CLOSE(s)   :: LOOP(state[s] == MOVING, inSet[s] = false; c = conn[s]; drop(s); \
                        if :: owner[c] == w -> close(c, w) :: else fi; c = 0)
#else
#define CLOSE(s)
#endif

#ifdef BUG_END_COPY
#define END(s)     pass(conn[s], w, CLOSED)
#else
#define END(s)     skip
#endif

#define DESCRIPTOR(s) \
  :: LOOP(nempty(lane[w]) && !lane[w]?[NONE] && state[s] == FREE, take(s)); \
     LOOP(true, if :: down :: else -> acks[w]!0 fi) \
  :: LOOP(READS(s) && unread[conn[s]] > 0, \
       assert(owner[conn[s]] == w);                        /* A */ \
       unread[conn[s]]--; begun[s]++; state[s] = BUSY) \
  :: LOOP(state[s] == BUSY, begun[s]--; if :: begun[s] == 0 -> state[s] = IDLE :: else fi) \
  :: LOOP((state[s] == NEW || KEPT(s)) && unread[conn[s]] == 0 && (state[s] != NEW || fin[conn[s]]), \
       c = conn[s]; drop(s); close(c, w); c = 0)           /* the end of the stream, or keepAliveTimeout */ \
  :: LOOP(state[s] == MOVED, END(s); drop(s)) \
  RETURN(s) \
  PARK(s) \
  UNPARK(s) \
  CLOSE(s)

proctype Loop(byte w)
{
  byte c;
end_boot:
  {
end:
    do
    :: LOOP(lane[w]?[NONE], lane[w]?_; if :: down :: else -> acks[w]!0 fi)
    DESCRIPTOR(FD(0))
    DESCRIPTOR(FD(1))
    od
  } unless { atomic { life[w] != ALIVE -> life[w]++; c = 0 } };
end2:
  atomic { life[w] == ALIVE -> goto end_boot }
}

/* ----------------------------------------------------- the addon's threads */

#define WAITS(s)  (inSet[s] && state[s] == PARKED && unread[conn[s]] > 0 && !fin[conn[s]])

#define STEP(cond, ...)  d_step { life[w] == ALIVE && (cond) -> __VA_ARGS__ }

proctype Thread(byte w)
{
  byte s; bool asked;
end_boot:
  {
end:
    do
    :: STEP(!asked && (WAITS(FD(0)) || WAITS(FD(1))) && SENDS, ret[w]!NONE; asked = true)
    :: STEP(invited[w] && !WAITS(FD(0)) && !WAITS(FD(1)), invited[w] = false; asked = false)
    :: if
       :: STEP(invited[w] && WAITS(FD(0)), invited[w] = false; asked = false; s = FD(0))
       :: STEP(invited[w] && WAITS(FD(1)), invited[w] = false; asked = false; s = FD(1))
       fi;
       if
       :: STEP(state[s] != PARKED, skip)
#ifdef BUG_NO_CAS
       :: STEP(state[s] == PARKED, skip);
          STEP(true, state[s] = MOVING);
#else
       :: STEP(state[s] == PARKED, state[s] = MOVING);
#endif
          if
          :: STEP(!SENDS || fails > 0, sendFails(s, PARKED))
          :: STEP(SENDS, sendBack(s)); STEP(true, inSet[s] = false); STEP(true, state[s] = MOVED)
          fi
       fi;
       STEP(true, s = 0)
    od
  } unless { atomic { life[w] != ALIVE -> life[w]++; s = 0; asked = false } };
end2:
  atomic { life[w] == ALIVE -> goto end_boot }
}

/* --------------------------------------- clients, faults, and the promises */

inline die(w, s)
{
  if :: state[s] != FREE && owner[conn[s]] == w -> lose(conn[s]) :: else fi;
  inSet[s] = false; drop(s)
}

inline kill(w)
{
  die(w, FD(0)); die(w, FD(1)); blocked[w] = 0; life[w] = KILLED
}

#define OPEN(c)    (owner[c] < CLOSED)

#define CLIENT(c) \
  :: d_step { OPEN(c) && !fin[c] && requests > 0 -> requests--; unread[c]++ } \
  :: d_step { OPEN(c) && !fin[c] && leaves > 0 -> leaves--; fin[c] = true } \
  :: d_step { OPEN(c) && !fin[c] && leaves > 0 && unread[c] > 0 -> leaves--; fin[c] = true; unread[c] = 0 }

#define UNREAPED(w, c)  (sent[w] == (c) && life[w] != ALIVE)
#define PRIMARYS(c)     ((owner[c] >= FLIGHT && owner[c] <= PENDING) || (owner[c] == LANE && (UNREAPED(0, c) || UNREAPED(1, c))))

proctype World()
{
  byte c;
end:
  do
  CLIENT(0)
#if NC > 1
  CLIENT(1)
#endif
  :: d_step { kills > 0 && life[0] == ALIVE && !down -> kills--; kill(0) }
  :: d_step { kills > 0 && life[1] == ALIVE && !down -> kills--; kill(1) }
  :: d_step { blocks > 0 && life[0] == ALIVE -> blocks--; blocked[0] = AWHILE }
  :: d_step { blocks > 0 && life[0] == ALIVE -> blocks--; blocked[0] = FORGOOD }
  :: d_step { blocked[0] == AWHILE -> blocked[0] = 0 }
  :: d_step { kills + downs + blocks + requests + leaves > 0 ->       /* nothing more happens */
       kills = 0; downs = 0; blocks = 0; requests = 0; leaves = 0 }
  :: d_step { downs > 0 -> downs--; down = true;
       do :: c < NC && PRIMARYS(c) -> lose(c); c++ :: c < NC && !PRIMARYS(c) -> c++ :: else -> break od; c = 0;
       do :: nempty(ret[0]) -> ret[0]?_ :: empty(ret[0]) -> break od; do :: nempty(ret[1]) -> ret[1]?_ :: empty(ret[1]) -> break od;
       if :: nempty(acks[0]) -> acks[0]?_ :: empty(acks[0]) fi; if :: nempty(acks[1]) -> acks[1]?_ :: empty(acks[1]) fi;
       sent[0] = NONE; sent[1] = NONE; busy[0] = false; busy[1] = false; wanted[0] = false; wanted[1] = false; room = ROOM }
  od
}

#define STUCK(c)  (blocked[0] == FORGOOD && (owner[c] == 0 || (down && owner[c] == LANE)))
#define ENDED(c)  (owner[c] == CLOSED || owner[c] == LOST || STUCK(c) || (owner[c] == UNTOLD && !COPIES(c)))

proctype Monitor()
{
end:
  atomic { timeout ->
    assert(ENDED(0));                                      /* C, G */
#if NC > 1
    assert(ENDED(1));
#endif
    assert(down || !WAITS(0) && !WAITS(1));                /* D */
    assert(room + (sent[0] != NONE -> 1 : 0) == ROOM) }    /* F */
}
