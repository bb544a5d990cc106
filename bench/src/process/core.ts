import { readFileSync } from 'node:fs'

/** Where the measured process runs and where everything else does; `undefined` where there is but one core. */
export interface Cores {
  readonly measured: string
  readonly others: string
}

/** The cores that this process may use (proc(5), Cpus_allowed_list): `0-2,5` is 0, 1, 2 and 5. */
export function parseCores(list: string): number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first = Number.NaN, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })
}

/** The measured process has the first core to itself, as far as the machine allows. */
export function divide(cores: readonly number[]): Cores | undefined {
  const [first, ...rest] = cores
  return first === undefined || rest.length === 0
    ? undefined
    : { measured: `${first}`, others: rest.join(',') }
}

export function availableCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return list === undefined ? [] : parseCores(list)
}
