import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel keeps of a process (proc(5), /proc/PID/stat), as far as it is read. */
export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** CPU time of all its threads, in the kernel and outside, in ticks. */
  readonly ticks: number
  readonly residentPages: number
}

/** Ticks are of 10 ms on every Linux that Node runs on (sysconf(_SC_CLK_TCK) is 100). */
const MICROS_PER_TICK = 10_000
const BYTES_PER_PAGE = 4096

/** Reads the text of /proc/PID/stat; the name in parentheses may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat {
  const nameEnd = text.lastIndexOf(')')
  const pid = Number(text.slice(0, text.indexOf(' ')))
  // Counted in proc(5) from 1, and the third field is the first after the name.
  const fields = text.slice(nameEnd + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  const stat = { pid, parent: field(4), ticks: field(14) + field(15), residentPages: field(24) }
  if (nameEnd < 0 || Object.values(stat).some((value) => !Number.isFinite(value))) {
    throw new RangeError(`this is no /proc/PID/stat: ${text.slice(0, 80)}`)
  }
  return stat
}

/** A process and all that came of it, of those given. */
export function familyOf(pid: number, all: readonly ProcessStat[]): ProcessStat[] {
  const children = all.filter((each) => each.parent === pid)
  return [...all.filter((each) => each.pid === pid), ...children.flatMap((each) => familyOf(each.pid, all))]
}

export interface Usage {
  readonly cpuMicros: number
  readonly residentBytes: number
}

/** What a process and its children, with all their threads, have used so far. */
export function usageOf(pid: number): Usage {
  const family = familyOf(pid, allProcesses())
  if (family.length === 0) throw new RangeError(`process ${pid} is gone`)
  return {
    cpuMicros: family.reduce((sum, each) => sum + each.ticks, 0) * MICROS_PER_TICK,
    residentBytes: family.reduce((sum, each) => sum + each.residentPages, 0) * BYTES_PER_PAGE,
  }
}

function allProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [parseStat(readFileSync(`/proc/${name}/stat`, 'latin1'))]
      } catch (error) {
        // A process may end between the two look-ups.
        if (error instanceof RangeError) throw error
        return []
      }
    })
}
