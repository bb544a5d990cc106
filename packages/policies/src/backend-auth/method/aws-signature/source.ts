import { hash } from 'node:crypto'
import type { OutgoingDraft } from '@portcullis/policy-kit/backend-credential'
import { bodyBytes, hostOf } from '../../body-bytes.ts'
import { always, type OpenMethod } from '../../credential-source.ts'
import type { AwsSignatureConfig } from './config.ts'
import { ALGORITHM, canonicalRequest, scopeOf, sign, signingKeyFor, stringToSign } from './rules.ts'

/** AWS Signature Version 4, in fields. */
export const openAwsSignature: OpenMethod<AwsSignatureConfig> = (config, { vault, clock }) => {
  const { region, service, payload, maxBytes } = config
  const id = vault.secret(config.accessKeyId)
  const secret = vault.secret(config.secretAccessKey)
  const session = config.sessionToken === undefined ? undefined : vault.secret(config.sessionToken)
  let keyOfDay: { readonly day: string; readonly key: Buffer } | undefined

  function keyFor(date: string): Buffer {
    const day = date.slice(0, 8)
    if (keyOfDay?.day === day) return keyOfDay.key
    keyOfDay = { day, key: signingKeyFor(secret.reveal(), { region, service, date }) }
    return keyOfDay.key
  }

  function write(draft: OutgoingDraft): void {
    const { headers } = draft
    const date = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
    const payloadHash = payload === 'signed' ? hash('sha256', bodyBytes(draft)) : 'UNSIGNED-PAYLOAD'
    headers.set('X-Amz-Date', date)
    headers.set('X-Amz-Content-Sha256', payloadHash)
    if (session === undefined) headers.remove('x-amz-security-token')
    else headers.set('X-Amz-Security-Token', session.reveal())
    const fields = { ...signedFields(draft), host: [hostOf(draft)] }
    const { method, target } = draft
    const canonical = canonicalRequest({ method, target, fields, payloadHash }, service)
    const scope = { region, service, date }
    const signature = sign(keyFor(date), stringToSign(canonical, scope))
    const names = Object.keys(fields).toSorted().join(';')
    const credential = `${id.reveal()}/${scopeOf(scope)}`
    headers.set(
      'Authorization',
      `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
    )
  }

  const audience = `${service}.${region}`
  const source = always({ told: { method: 'aws-signature', audience, speaksOf: 'gateway' }, write })
  return payload === 'signed' ? { ...source, body: { need: 'whole', maxBytes } } : source
}

/** Those that must be signed where they are there: its own, and the type of the content. */
function signedFields({ headers }: OutgoingDraft): Record<string, string[]> {
  const fields: Record<string, string[]> = {}
  const flat = headers.flat()
  for (let i = 0; i < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase()
    if (name === 'content-type' || name.startsWith('x-amz-')) {
      fields[name] = [...(fields[name] ?? []), flat[i + 1] as string]
    }
  }
  return fields
}
