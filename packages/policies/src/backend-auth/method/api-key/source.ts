import { always, type OpenMethod } from '../../credential-source.ts'
import { withoutParameters } from '../../query.ts'
import type { ApiKeyConfig } from './config.ts'

/** A key in a field or in the query, in place of any that the caller put there. */
export const openApiKey: OpenMethod<ApiKeyConfig> = ({ in: place, name, prefix = '', key }, { vault }) => {
  const secret = vault.secret(key)
  // A field with anything else in it would be another message.
  if (place === 'header' && !/^[!-~]+$/.test(secret.reveal())) {
    throw new RangeError('an API key that is sent in a field has visible characters alone')
  }
  return always({
    told: { method: 'api-key', speaksOf: 'gateway' },
    write(draft) {
      if (place === 'header') {
        draft.headers.set(name, prefix + secret.reveal())
        return
      }
      const target = withoutParameters(draft.target, (each) => each === name)
      const value = encodeURIComponent(secret.reveal())
      draft.target = `${target}${target.includes('?') ? '&' : '?'}${name}=${value}`
    },
  })
}
