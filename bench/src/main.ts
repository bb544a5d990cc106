import { parseArgs } from 'node:util'
import { benchCedar } from './cedar/bench-cedar.ts'
import { benchLayers } from './layer/bench-layers.ts'
import { benchMemory } from './memory.ts'
import { benchPolicies } from './policy/bench-policies.ts'
import { profileCase } from './profile/profile-case.ts'
import { benchProxy } from './proxy.ts'
import { benchSwap } from './swap.ts'
import { benchThreads } from './threads.ts'
import { benchTokens } from './token/bench-tokens.ts'

const USAGE = `npm run bench -- proxy    [--seconds N] [--rounds N] [--connections N] [--cases a,b] [--json]
npm run bench -- policies [--seconds N] [--rounds N] [--cases a,b] [--json]
npm run bench -- layers   [--seconds N] [--rounds N] [--connections N] [--json]
npm run bench -- cedar    [--seconds N] [--rounds N] [--json]
npm run bench -- tokens   [--seconds N] [--rounds N] [--cases a,b] [--json]
npm run bench -- swap     [--seconds N] [--connections N] [--json]
npm run bench -- memory   [--json]
npm run bench -- threads  [--seconds N] [--rounds N] [--connections N] [--json]
npm run bench -- profile  [--seconds N] [--connections N] [--cases a] [--top N]`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    // There are many policies, and each is measured without sockets: a second tells enough.
    seconds: { type: 'string', default: process.argv[2] === 'policies' ? '1' : '3' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    cases: { type: 'string', default: '' },
    top: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
  },
})

// An interrupt ends the wait for the present measurement; everything that was started is then stopped as always.
const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')))
process.once('SIGTERM', () => interrupt.abort(new Error('interrupted')))

const common = {
  seconds: numberOf('seconds', 1, 600),
  connections: numberOf('connections', 1, 10_000),
  cases: values.cases.split(',').filter((name) => name !== ''),
  signal: interrupt.signal,
  print: (line: string) => console.log(line),
}

try {
  switch (positionals.join(' ')) {
    case 'proxy':
      await benchProxy({ ...common, rounds: numberOf('rounds', 1, 100), json: values.json })
      break
    case 'policies':
      await benchPolicies({ ...common, rounds: numberOf('rounds', 1, 100), json: values.json })
      break
    case 'layers':
      await benchLayers({ ...common, rounds: numberOf('rounds', 1, 100), json: values.json })
      break
    case 'cedar':
      await benchCedar({ ...common, rounds: numberOf('rounds', 1, 100), json: values.json })
      break
    case 'tokens':
      await benchTokens({ ...common, rounds: numberOf('rounds', 1, 100), json: values.json })
      break
    case 'swap':
      await benchSwap({ ...common, json: values.json })
      break
    case 'threads':
      await benchThreads({ ...common, rounds: numberOf('rounds', 1, 100), json: values.json })
      break
    case 'memory':
      await benchMemory({ ...common, json: values.json })
      break
    case 'profile':
      await profileCase({ ...common, top: numberOf('top', 1, 1_000) })
      break
    default:
      throw new RangeError(`usage:\n${USAGE}`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function numberOf(name: 'seconds' | 'rounds' | 'connections' | 'top', least: number, most: number): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= least && value <= most) return value
  console.error(`--${name} is a whole number from ${least} to ${most}, not "${values[name]}"`)
  process.exit(2)
}
