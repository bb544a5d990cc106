import { Secret } from '@portcullis/kernel/secret'
import { errors } from 'oidc-provider'
import { type OwnGrant, parameter } from '../grant.ts'
import { issueForApp } from '../issue.ts'

/**
 * The password grant (RFC 6749 §4.3), which RFC 9700 §2.4 forbids: the app learns the password. For apps that cannot be
 * changed, each named by an administrator, and warned of whenever it is applied. Guesses are limited as on the page.
 */
export const password: OwnGrant = {
  name: 'password',
  type: 'password',
  parameters: ['username', 'password', 'scope', 'resource'],
  async answer(ctx, parts) {
    const [user, given] = [parameter(ctx, 'username'), parameter(ctx, 'password')]
    if (user === undefined || given === undefined) {
      throw new errors.InvalidRequest('username and password are needed')
    }
    const { organization } = parts
    const signIn = await parts.trySignIn({
      organization,
      user,
      password: new Secret(given),
      address: ctx.ip,
    })
    if (signIn.outcome === 'limited') {
      ctx.set('Retry-After', String(signIn.retryAfterSeconds))
      throw new errors.InvalidGrant('too many attempts: try again later')
    }
    if (signIn.outcome === 'refused') throw new errors.InvalidGrant('user name or password is wrong')
    // There is no page on which to ask for it, and a password alone must not be enough for who needs more.
    if (await parts.needsSecondFactor(signIn.user)) {
      throw new errors.InvalidGrant(
        'this user signs in with a second factor, which this grant cannot ask for',
      )
    }
    await issueForApp(ctx, parts, signIn.user)
  },
}
