import type { ApiClient } from '@portcullis/api-client/client'
import { meant } from '@portcullis/kernel/nearest'
import { SYSTEM } from '@portcullis/model/collection'
import type { Kind } from '@portcullis/model/resource/resource'
import { type Call, commandFaults, option } from '../command/command.ts'

/** The organization named by `--organization`, else the only one there is besides `system`. */
export async function organizationOf(call: Call, client: ApiClient): Promise<string> {
  return option(call, 'organization') ?? onlyOne(client, SYSTEM, 'Organization', [SYSTEM])
}

/** The environment named by `--environment`, else the only one of the organization. */
export async function environmentOf(call: Call, client: ApiClient, organization: string): Promise<string> {
  return option(call, 'environment') ?? onlyOne(client, organization, 'Environment', [])
}

/**
 * Says that there is nothing, unless there is no such organization either: who mistypes a name must not take comfort in an
 * empty list. What is left of one that was removed can still be listed.
 */
export async function printNone(
  call: Call,
  client: ApiClient,
  organization: string,
  none = 'None.',
): Promise<void> {
  const query = { kind: 'Organization' } as const
  const { resources } = await client.listResources({ params: { organization: SYSTEM }, query })
  const names = resources.map(({ name }) => name)
  if (!names.includes(organization)) {
    call.warn(`There is no organization "${organization}".${meant(organization, names)}`)
  }
  call.print(none)
}

async function onlyOne(
  client: ApiClient,
  organization: string,
  kind: Kind,
  besides: readonly string[],
): Promise<string> {
  const { resources } = await client.listResources({ params: { organization }, query: { kind } })
  const names = resources.map((each) => each.name).filter((each) => !besides.includes(each))
  const [only] = names
  if (only !== undefined && names.length === 1) return only
  const word = kind.toLowerCase()
  throw commandFaults.usage({
    detail: `Which ${word}? ${names.length === 0 ? 'There is none yet.' : `There are ${names.join(', ')}.`}`,
    remedy: `Name it with --${word}.`,
  })
}
