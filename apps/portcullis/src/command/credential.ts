import { credentialKind } from '@portcullis/api-client/route/credential'
import { Secret } from '@portcullis/kernel/secret'
import { managementClient } from '../local/management-client.ts'
import { secretFile, writeSecretFile } from '../local/secret-file.ts'
import { type Call, type Command, commandFaults, option } from './command.ts'

export const credential: Command = {
  name: 'credential',
  summary: 'Issue, list or revoke client secrets and API keys of an app; each is shown once',
  usage:
    'issue|list ORGANIZATION/APP [--kind client-secret|api-key] [--expires-in DURATION] [--keep] | revoke ORGANIZATION/APP ID',
  options: {
    kind: {
      type: 'string',
      meaning: '`client-secret`, for the authorization server, or `api-key`, for gateways.',
    },
    'expires-in': { type: 'string', meaning: 'For how long it is good, such as 90d; for ever when absent.' },
    keep: {
      type: 'boolean',
      meaning: 'Leave a client secret in the home folder too, where `token` finds it.',
    },
  },
  examples: [
    'credential issue hmart/stock-viewer --keep',
    'credential issue hmart/stock-viewer --kind api-key --expires-in 90d',
  ],
  guide: 'docs/how-to/issue-api-keys.md',
  async run(call) {
    const [action, named = '', id, ...rest] = call.positionals
    const [organization, app] = named.split('/')
    if (!organization || !app || rest.length > 0) throw commandFaults.usage()
    const params = { organization, app }
    if (action === 'issue' && id === undefined) return issue(call, params)
    if (action === 'list' && id === undefined) return list(call, params)
    if (action === 'revoke' && id !== undefined) return revoke(call, params, id)
    throw commandFaults.usage()
  },
}

interface Place {
  readonly organization: string
  readonly app: string
}

async function issue(call: Call, params: Place): Promise<number> {
  const expiresIn = option(call, 'expires-in')
  const kind = credentialKind.safeParse(option(call, 'kind') ?? 'client-secret')
  if (!kind.success) throw commandFaults.usage()
  const keep = call.values.keep === true
  if (keep && kind.data !== 'client-secret')
    throw commandFaults.usage({ detail: 'Only a client secret is kept.' })
  const body = { kind: kind.data, ...(expiresIn !== undefined && { expiresIn }) }
  const issued = await managementClient(call.settings).issueCredential({ params, body })
  call.warn(`${issued.credential.id}: it is shown this once; keep it where secrets are kept.`)
  if (keep) {
    const file = secretFile.app(call.settings.home, params.organization, params.app)
    writeSecretFile(file, new Secret(issued.secret))
    call.warn(`Kept in ${file}.`)
  }
  call.print(issued.secret)
  return 0
}

async function list(call: Call, params: Place): Promise<number> {
  const { credentials } = await managementClient(call.settings).listCredentials({ params })
  for (const each of credentials) {
    const end = each.revokedAt ? `revoked ${each.revokedAt}` : `expires ${each.expiresAt ?? 'never'}`
    call.print(
      `${each.id}  ${each.kind}  issued ${each.issuedAt}  ${end}  ${each.usable ? 'usable' : 'not usable'}`,
    )
  }
  if (credentials.length === 0) call.print('None.')
  return 0
}

async function revoke(call: Call, params: Place, id: string): Promise<number> {
  await managementClient(call.settings).revokeCredential({ params: { ...params, credential: id } })
  call.print(`Revoked ${id}.`)
  return 0
}
