import { type StandingFilter, standingFilter } from '@portcullis/model/news/disconnection'
import { managementClient } from '../local/management-client.ts'
import { type Command, commandFaults, option } from './command.ts'

const filters = Object.keys(standingFilter.shape) as (keyof StandingFilter)[]
export const disconnect: Command = {
  name: 'disconnect',
  summary:
    'End WebSockets and streams of events at every gateway: all, or those of a client, subject, operation …',
  usage: `ORGANIZATION (--all | ${filters.map((each) => `[--${each} VALUE]`).join(' ')})`,
  options: {
    all: { type: 'boolean', meaning: 'All of the organization.' },
    ...Object.fromEntries(
      filters.map((each) => [each, { type: 'string', meaning: `Those of this ${each} alone.` }] as const),
    ),
  },
  examples: ['disconnect hmart --client stock-viewer'],
  guide: 'docs/how-to/let-websockets-through.md',
  async run(call) {
    const [organization, ...more] = call.positionals
    const given = filters.flatMap((each) => {
      const value = option(call, each)
      return value === undefined ? [] : [[each, value] as const]
    })
    // Nobody ends all of them by leaving something out.
    const isAll = call.values.all === true
    if (organization === undefined || more.length > 0 || isAll === given.length > 0) {
      throw commandFaults.usage()
    }
    const client = managementClient(call.settings)
    const body = Object.fromEntries(given)
    const { position } = await client.disconnectCalls({ params: { organization }, body })
    call.print(`Gateways are told to end them, at position ${position}.`)
    return 0
  },
}
