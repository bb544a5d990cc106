import { always, type OpenMethod } from '../../credential-source.ts'
import type { BasicConfig } from './config.ts'

/** User name and password (RFC 7617), in UTF-8. */
export const openBasic: OpenMethod<BasicConfig> = ({ user, password }, { vault }) => {
  const secret = vault.secret(password)
  return always({
    told: { method: 'basic', client: user, speaksOf: 'gateway' },
    write({ headers }) {
      const both = Buffer.from(`${user}:${secret.reveal()}`).toString('base64')
      headers.set('Authorization', `Basic ${both}`)
    },
  })
}
