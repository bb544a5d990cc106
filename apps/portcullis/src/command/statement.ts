import { softwareClaims } from '@portcullis/model/registration/software-statement'
import { parseDocument } from 'yaml'
import { managementClient } from '../local/management-client.ts'
import { readBundle } from '../local/read-bundle.ts'
import { type Call, type Command, commandFaults, option } from './command.ts'

export const statement: Command = {
  name: 'statement',
  summary:
    'Ask for a software statement with which an app can register itself, and issue it once it is approved',
  usage: 'ask ORGANIZATION -f FILE [--for USER] | issue ORGANIZATION ID',
  options: {
    file: { type: 'string', short: 'f', meaning: 'The file with what the statement is to say.' },
    for: { type: 'string', meaning: 'The user who asks, and who does not count as approver.' },
  },
  examples: ['statement ask hmart -f software.yaml --for alice'],
  guide: 'docs/how-to/let-apps-register-themselves.md',
  async run(call) {
    const [action, organization, id, ...rest] = call.positionals
    if (organization === undefined || rest.length > 0) throw misunderstood()
    const client = managementClient(call.settings)
    if (action === 'ask' && id === undefined) {
      const user = option(call, 'for')
      const body = { claims: readClaims(call), ...(user !== undefined && { for: user }) }
      const asked = await client.askStatement({ params: { organization }, body })
      if (asked.issued !== undefined) print(call, asked.issued)
      if (asked.approval !== undefined) {
        call.warn('It waits for approval; then: portcullis statement issue ORGANIZATION ID, with this id')
        call.print(asked.approval)
      }
      return 0
    }
    if (action !== 'issue' || id === undefined) throw misunderstood()
    print(call, await client.issueStatement({ params: { organization, id } }))
    return 0
  },
}

const misunderstood = (detail?: string): Error => commandFaults.usage(detail === undefined ? {} : { detail })

function print(call: Call, issued: { readonly statement: string; readonly expiresAt: string }): void {
  call.warn(`It is for one app, which has to register before ${issued.expiresAt}.`)
  call.print(issued.statement)
}

function readClaims(call: Call) {
  const file = option(call, 'file')
  if (file === undefined) throw misunderstood()
  const [text = ''] = Object.values(readBundle(file))
  const claims = softwareClaims.safeParse(parseDocument(text).toJS({ maxAliasCount: 0 }))
  if (claims.success) return claims.data
  const [issue] = claims.error.issues
  throw misunderstood(`${file}: ${issue?.path.join('.')}: ${issue?.message}`)
}
