/*
 * handoff.pml: the native lane's protocol (docs/LANES.md), for spin (6.5 or later).
 *
 * One primary hands accepted connections to NW workers over one SOCK_SEQPACKET
 * pair per worker. It holds BOTH ends of each pair, so it can itself receive a
 * frame that a worker has not received: the kernel decides which process gets
 * a frame, and only one can. No connection is ever offered to two workers.
 *
 *   deal       at most one un-acked frame per worker (credit). Frame: number,
 *              key, up to 64 descriptors. The primary keeps its descriptors.
 *   take back  the primary receives the frame from the worker's end. If it gets
 *              it: the connections are pending again, and an empty frame (probe)
 *              holds the worker's credit until the worker runs. If it gets
 *              EAGAIN: the worker has the frame; wait for its ack or exit.
 *   receive    the worker clears row.taken, THEN writes row.frame, then for
 *              each connection refuses it, or sets its bit in row.taken and
 *              injects it; at the end it acks with the mask of the refused.
 *   ack        taken: the primary closes its descriptor. Refused: pending,
 *              not to this worker again. Credit returns.
 *   broken     two kinds of workers are killed: one that has shut its end down
 *              (recvmsg() returns 0, which is no frame; a send fails with
 *              EPIPE), and one whose event loop runs but that does not ack,
 *              because it has lost its end.
 *   exit       (process reaped, never EOF or 'disconnect'.) If row.frame is the
 *              un-acked number, the connections in row.taken are closed and the
 *              others are pending again. Otherwise all of them are pending again.
 *
 * row is one line of shared memory per worker, written by that worker only,
 * and read by the primary only when the worker is gone: no compare-and-swap.
 *
 * Checked in every interleaving, with a worker killed, hung (SIGSTOP, a blocked
 * event loop) and resumed or not, draining or refusing at each step:
 *   A  no connection is taken, or read, by two workers, including dead ones
 *   B  when nothing can move any more, every connection has been read, or is
 *      with the worker that took it (died), or that received it (hung for good).
 *      No run goes on for ever (run 2), so this means "eventually", and it needs
 *      no fairness. E, no deadlock, follows.
 *   C  the primary closes no descriptor before it is taken, and deals none that
 *      it has closed
 *   D  an ack is never mistaken for another frame's
 *   F  no descriptor is left open in the primary
 *
 * Not in the model: descriptors that did not arrive (MSG_CTRUNC: refusals),
 * sends that fail (nothing was sent: as if not dealt), time. Time matters only
 * for patience: TAKEBACKS limits the take-backs from workers that are merely slow.
 *
 * Run 1, A to F:
 *   spin -DNC=2 -DKILLS=1 -DREFUSALS=1 -a handoff.pml
 *   gcc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -E -m3000000
 *   (-E: a worker that hangs for good is a valid end; B checks the rest)
 * Run 2, no cycle:
 *   gcc -O2 -DNP -DNOFAIR -DCOLLAPSE -o pan pan.c && ./pan -l -m3000000
 * Run 3, run 1 with workers that shut down or lose their end:
 *   spin -DNC=2 -DKILLS=0 -DHANGS=0 -DDRAINS=0 -DREFUSALS=1 -DDEAFS=2 -a handoff.pml
 * Each of these, with run 1 and -DNC=3 -DKILLS=1 -DHANGS=0 -DDRAINS=0, must FAIL:
 *   -DBUG_EOF_IS_DEATH   a worker counts as dead while its process still runs
 *   -DBUG_ROW_ORDER      row.frame is written before row.taken is cleared
 *   -DBUG_GUESS          an un-acked frame is dealt again without taking it back
 *   -DBUG_CLOSE_AT_SEND  the primary closes its descriptors after the send
 *   -DBUG_NO_ROW         an exit returns everything un-acked (the ack comes last)
 *   -DBUG_STALE_REFUSAL  refusals are never forgotten
 *   -DBUG_SHUT_IS_FRAME  (and -DDEAFS=1) the 0 of a shut end counts as a frame
 */
#ifndef NW
#define NW 2            /* workers */
#endif
#ifndef NC
#define NC 3            /* connections */
#endif
#ifndef BATCH
#define BATCH 2         /* connections per frame */
#endif
#ifndef KILLS
#define KILLS 2         /* each is followed by a replacement */
#endif
#ifndef HANGS
#define HANGS 1         /* a worker stops, perhaps for ever */
#endif
#ifndef DRAINS
#define DRAINS 1
#endif
#ifndef DEAFS
#define DEAFS 0         /* a worker shuts its end down, or closes its copy, and runs on */
#endif
#ifndef REFUSALS
#define REFUSALS 2      /* besides those of draining workers */
#endif
#ifndef TAKEBACKS
#define TAKEBACKS 1     /* from workers that are merely slow; patience doubles,
                           so in the end only hung ones are left */
#endif

#define BIT(c)  (1 << (c))
#define ALL     ((1 << NC) - 1)

/* the kernel: both queues of each pair. One frame each way is enough: if it were
   not, the primary would block, and B would fail */
chan lane[NW] = [1] of { byte, byte };       /* number, connections (0: probe) */
chan acks[NW] = [1] of { byte, byte, bool }; /* number, refused, leaving */
bool alive[NW], gone[NW], hung[NW];          /* gone: reaped */
bool forGood;                                /* the one that is hung never runs again */
bool deaf[NW], shut[NW];                     /* deaf: receives nothing; shut: also, sends to it fail */

/* shared memory, written by worker w alone */
byte rowFrame[NW], rowTaken[NW];

/* the primary */
byte pending, copies;                        /* sets of connections */
byte sent[NW], number[NW], refused[NW];
bool busy[NW], member[NW], draining[NW];
bool late = true;                            /* connection 0 arrives at any time */
byte kills = KILLS, hangs = HANGS, drains = DRAINS, refusals = REFUSALS,
     takebacks = TAKEBACKS, deafs = DEAFS;
#ifdef BUG_EOF_IS_DEATH
byte lies = 1;
#endif

/* the truth, which no process knows */
byte readSet, own[NW], lost, held[NW];       /* held: received, not yet acked */

/* connections that w will not take: it refused them, is no member, or has stalled without credit */
#define NOT(w)     (!member[w] || (busy[w] && hung[w]) -> ALL : refused[w])
#define STUCK1(w)  (hung[w] -> own[w] | held[w] : 0)
#define HAS(w)     (member[w] && !busy[w])
#if NW == 2
#define OWNED      (own[0] | own[1])
#define CREDIT     (HAS(0) || HAS(1))
#define REFUSEDALL (NOT(0) & NOT(1) & pending)
#define REFUSED    (refused[0] | refused[1])
#define STUCK      (STUCK1(0) | STUCK1(1))
#else
#define OWNED      (own[0] | own[1] | own[2])
#define CREDIT     (HAS(0) || HAS(1) || HAS(2))
#define REFUSEDALL (NOT(0) & NOT(1) & NOT(2) & pending)
#define REFUSED    (refused[0] | refused[1] | refused[2])
#define STUCK      (STUCK1(0) | STUCK1(1) | STUCK1(2))
#endif

/* ------------------------------------------------------------- the primary */

inline closeCopies(set)
{
  assert(((set) & ~(readSet | OWNED | lost)) == 0);      /* C */
  copies = copies & ~(set)
}

inline deal(w)           /* the first that w may have, and any of the others */
{
  m = 0; n = 0; c = 0;
  do
  :: c < NC && n < BATCH && (pending & ~refused[w] & BIT(c)) ->
     if
     :: m = m | BIT(c); n++
     :: n > 0 -> skip
     fi; c++
  :: c < NC && !(n < BATCH && (pending & ~refused[w] & BIT(c))) -> c++
  :: c == NC -> break
  od;
  assert((m & ~copies) == 0);                            /* C */
  pending = pending & ~m; sent[w] = m; busy[w] = true;
  number[w] = (number[w] + 1) % 4;
  lane[w]!number[w], m;
#ifdef BUG_CLOSE_AT_SEND
  copies = copies & ~m;
#endif
  m = 0; n = 0; c = 0
}

inline breakLane(w)      /* SIGKILL; its connections stay with it until its exit */
{
  alive[w] = false; member[w] = false
}

inline takeBack(w)       /* one recvmsg(MSG_DONTWAIT) on the worker's end */
{
#ifdef BUG_GUESS
  pending = pending | sent[w]; sent[w] = 0
#else
  if
  :: lane[w]?s, m ->
     assert(s == number[w] && m == sent[w]);
     pending = pending | m; sent[w] = 0; m = 0; s = 0
  :: empty(lane[w]) && !shut[w] -> skip                  /* EAGAIN */
  :: empty(lane[w]) && shut[w] ->                        /* 0 */
#ifdef BUG_SHUT_IS_FRAME
     pending = pending | sent[w]; sent[w] = 0
#else
     breakLane(w)
#endif
  fi
#endif
}

inline probe(w)
{
#ifdef BUG_GUESS
  skip
#else
  if
  :: shut[w] -> breakLane(w)                             /* EPIPE: nothing was sent */
  :: else -> number[w] = (number[w] + 1) % 4; lane[w]!number[w], 0
  fi
#endif
}

inline onAck(w)
{
  acks[w]?s, m, leaving;
#ifndef BUG_EOF_IS_DEATH
#ifndef BUG_GUESS
  assert(s == number[w] && (m & ~sent[w]) == 0);         /* D */
#endif
#endif
  closeCopies(sent[w] & ~m);
  pending = pending | (sent[w] & m); refused[w] = refused[w] | m;
  sent[w] = 0; busy[w] = false; m = 0; s = 0;
  if :: leaving -> member[w] = false; leaving = false :: else fi
}

inline onExit(w)
{
#ifdef BUG_NO_ROW
  if
  :: acks[w]?s, m, leaving -> closeCopies(sent[w] & ~m); pending = pending | (sent[w] & m); sent[w] = 0
  :: empty(acks[w]) -> skip
  fi;
  m = 0;
#else
  m = 0; c = 0; n = 0;                     /* bit n of the row: the frame's n-th */
  do
  :: c < NC && (sent[w] & BIT(c)) ->
     m = m | ((rowFrame[w] == number[w] && (rowTaken[w] & BIT(n))) -> BIT(c) : 0); n++; c++
  :: c < NC && !(sent[w] & BIT(c)) -> c++
  :: else -> break
  od;
  n = 0; c = 0;
#endif
  closeCopies(m);
  pending = pending | (sent[w] & ~m);
  /* both ends are closed, and the queues with them */
  if :: lane[w]?s, m :: empty(lane[w]) fi;
  if :: acks[w]?s, m, leaving :: empty(acks[w]) fi;
  leaving = false;
  sent[w] = 0; busy[w] = false; refused[w] = 0; number[w] = 0; m = 0; s = 0;
  rowFrame[w] = 0; rowTaken[w] = 0; draining[w] = false; deaf[w] = false; shut[w] = false;
  gone[w] = false; member[w] = true; alive[w] = true     /* the replacement */
}

#define PRIMARY(w) \
  :: atomic { member[w] && !busy[w] && !shut[w] && (pending & ~refused[w]) -> deal(w) } \
  :: atomic { member[w] && !busy[w] && shut[w] && alive[w] && (pending & ~refused[w]) -> breakLane(w) } \
  :: atomic { busy[w] && deaf[w] && alive[w] && !hung[w] -> breakLane(w) } \
  :: d_step { nempty(acks[w]) && !gone[w] -> onAck(w) } \
  :: d_step { busy[w] && sent[w] && (hung[w] || deaf[w]) && (CREDIT || !member[w]) && nempty(lane[w]) -> takeBack(w) }; \
     if :: sent[w] == 0 && busy[w] -> probe(w) :: else fi \
  :: d_step { busy[w] && sent[w] && takebacks > 0 && (CREDIT || !member[w]) -> takebacks--; takeBack(w) }; \
     if :: sent[w] == 0 && busy[w] -> probe(w) :: else fi \
  :: atomic { draining[w] && member[w] && !gone[w] -> member[w] = false } \
  :: d_step { gone[w] -> onExit(w) }

active proctype Primary()
{
  byte m, n, c, s; bool leaving;
  atomic { c = 0; do :: c < NW -> member[c] = true; alive[c] = true; c++ :: else -> break od; c = 0;
           pending = ALL - 1; copies = ALL - 1;
           run Worker(0); run Worker(1);
#if NW > 2
           run Worker(2);
#endif
           run Faults(); run Monitor() }
end:
  do
  :: d_step { late -> late = false; pending = pending | BIT(0); copies = copies | BIT(0) }
  PRIMARY(0)
  PRIMARY(1)
#if NW > 2
  PRIMARY(2)
#endif
#ifndef BUG_STALE_REFUSAL
  :: atomic { REFUSEDALL & REFUSED ->                   /* no worker is left to ask: ask again */
       m = REFUSEDALL & REFUSED; c = 0;
       do :: c < NW -> refused[c] = refused[c] & ~m; c++ :: else -> break od; m = 0; c = 0 }
#endif
#ifdef BUG_EOF_IS_DEATH
  :: atomic { lies > 0 && alive[0] && busy[0] -> lies--; pending = pending | sent[0]; sent[0] = 0; member[0] = false }
#endif
  od
}

/* -------------------------------------------------------------- the workers */

/* a step of a running worker; a hung one takes none */
#define DO(...)          d_step { !hung[w] -> __VA_ARGS__ }
#define WHEN(cond, ...)  d_step { !hung[w] && (cond) -> __VA_ARGS__ }

proctype Worker(byte w)
{
  byte s, m, no, c, i, have;
end_boot:
  {
end:
    do
    :: WHEN(nempty(lane[w]) && !deaf[w], lane[w]?s, m; held[w] = m);  /* receive */
#ifdef BUG_ROW_ORDER
       DO(rowFrame[w] = s);
       DO(rowTaken[w] = 0);
#else
       DO(rowTaken[w] = 0);
       DO(rowFrame[w] = s);
#endif
       do
       :: WHEN(c < NC && !(m & BIT(c)), c++)
       :: WHEN(c < NC && (m & BIT(c)) && (draining[w] || refusals > 0),
            if :: draining[w] :: else -> refusals-- fi; no = no | BIT(c); c++; i++)
       :: WHEN(c < NC && (m & BIT(c)) && !draining[w],
            assert(((readSet | OWNED | lost) & BIT(c)) == 0); /* A */
            rowTaken[w] = rowTaken[w] | BIT(i); own[w] = own[w] | BIT(c));
          DO(have = have | BIT(c); c++; i++)              /* inject */
       :: c == NC -> break
       od;
       atomic { !hung[w] ->
         acks[w]!s, no, draining[w]; held[w] = 0; m = 0; no = 0; c = 0; i = 0; s = 0 }
    :: WHEN(have,                                         /* read one of them */
         c = 0; do :: !(have & BIT(c)) -> c++ :: else -> break od;
         assert((readSet & BIT(c)) == 0);                 /* A */
         readSet = readSet | BIT(c); own[w] = own[w] & ~BIT(c); have = have & ~BIT(c); c = 0)
    :: WHEN(drains > 0 && !draining[w], drains--; draining[w] = true)
    :: WHEN(draining[w] && have == 0, alive[w] = false)   /* exits, even with frames queued */
    od
  } unless {
    atomic { !alive[w] ->
      lost = lost | own[w]; own[w] = 0; held[w] = 0;
      if :: hung[w] -> hung[w] = false; forGood = false :: else fi;
      s = 0; m = 0; no = 0; c = 0; i = 0; have = 0; gone[w] = true } };
end2:
  atomic { !gone[w] -> goto end_boot }
}

/* --------------------------------------------------- faults, and the promises */

#define FAULT(w) \
  :: atomic { kills > 0 && alive[w] -> kills--; alive[w] = false } \
  :: atomic { hangs > 0 && alive[w] && !hung[w] -> hangs--; hung[w] = true; if :: forGood = true :: skip fi } \
  :: atomic { hung[w] && alive[w] && !forGood -> hung[w] = false } \
  :: atomic { deafs > 0 && alive[w] && !hung[w] -> deafs--; deaf[w] = true; if :: shut[w] = true :: skip fi }

proctype Faults()
{
end:
  do
  FAULT(0)
  FAULT(1)
#if NW > 2
  FAULT(2)
#endif
  :: d_step { kills + hangs + drains + deafs + refusals > 0 ->           /* nothing more happens */
       kills = 0; hangs = 0; drains = 0; deafs = 0; refusals = 0 }
  od
}

proctype Monitor()
{
end:
  atomic { timeout ->
    assert((readSet | lost | STUCK) == ALL);              /* B, E */
    assert(pending == 0);
    assert((copies & ~STUCK) == 0) }                      /* F */
}
