import { createHmac, hash } from 'node:crypto'
import type { OutgoingDraft } from '@portcullis/policy-kit/backend-credential'
import { bodyBytes, hostOf, splitTarget } from '../../body-bytes.ts'
import { always, type OpenMethod } from '../../credential-source.ts'
import type { HmacConfig } from './config.ts'

/** A keyed hash over parts of the request, which the operator chooses as the backend wants them. */
export const openHmac: OpenMethod<HmacConfig> = (config, { vault, clock }) => {
  const { algorithm, encoding, sign, separator, field, timestampField, value, maxBytes } = config
  const secret = vault.secret(config.secret)
  const keyId = config.keyId ?? ''
  const usesTime = sign.includes('timestamp')

  function textOf(part: string, draft: OutgoingDraft, timestamp: string): string {
    switch (part) {
      case 'method':
        return draft.method
      case 'path':
        return splitTarget(draft.target).path
      case 'query':
        return splitTarget(draft.target).query ?? ''
      case 'target':
        return draft.target
      case 'host':
        return hostOf(draft)
      case 'timestamp':
        return timestamp
      case 'key-id':
        return keyId
      case 'body-hash':
        return hash(algorithm, bodyBytes(draft), encoding)
      default:
        return part.startsWith('header:')
          ? draft.headers.all(part.slice('header:'.length).toLowerCase()).join(', ')
          : part.slice('text:'.length)
    }
  }

  function write(draft: OutgoingDraft): void {
    const timestamp = timeOf(clock.now(), config.timestamp)
    draft.headers.remove(field)
    if (usesTime) draft.headers.set(timestampField, timestamp)
    const text = sign.map((part) => textOf(part, draft, timestamp)).join(separator)
    const signature = createHmac(algorithm, secret.reveal()).update(text).digest(encoding)
    draft.headers.set(field, value.replaceAll('{signature}', signature).replaceAll('{key-id}', keyId))
  }

  const told = { method: 'hmac', speaksOf: 'gateway', ...(keyId !== '' && { client: keyId }) } as const
  const source = always({ told, write })
  return sign.includes('body-hash') ? { ...source, body: { need: 'whole', maxBytes } } : source
}

function timeOf(nowMillis: number, form: HmacConfig['timestamp']): string {
  switch (form) {
    case 'seconds':
      return String(Math.floor(nowMillis / 1000))
    case 'millis':
      return String(nowMillis)
    case 'iso':
      return new Date(nowMillis).toISOString()
  }
}
