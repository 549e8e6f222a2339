import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'

/**
 * Reads "+ pid" and "- pid". At the end of its input, which is the end of the process that writes it, it
 * kills the processes that were added and not removed. A negative pid is a process group, as for kill(2).
 */
const SCRIPT = `
  trap '' HUP INT TERM
  live=' '
  while read -r sign pid; do
    case $sign in
      +) live="$live$pid " ;;
      -) live="\${live%% $pid *} \${live#* $pid }" ;;
    esac
  done
  for pid in $live; do kill -s KILL -- "$pid"; done 2> /dev/null`

let input: Writable | undefined

/**
 * Kills a process, or with a negative pid a group of processes, when this process ends in any way: if a test
 * file takes too long, tap kills it, and no teardown runs. The returned function cancels that.
 */
export function killAtEnd (pid: number): () => void {
  input ??= startReaper()
  input.write(`+ ${pid}\n`)
  return () => { input?.write(`- ${pid}\n`) }
}

/** The same for a child, until it has exited. */
export function killChildAtEnd (child: ChildProcess): void {
  if (child.pid === undefined) return
  child.once('exit', killAtEnd(child.pid))
}

function startReaper (): Writable {
  const reaper = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] }) // detached, so that Ctrl-C does not reach it
  reaper.unref()
  ;(reaper.stdin as Socket).unref()
  return reaper.stdin
}
