import type { ApiClient } from '@portcullis/api-client/client'
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
