import type { ApiClient } from '@portcullis/api-client/client'
import type { PasswordAnswer } from '@portcullis/api-client/route/gateway'
import { Secret } from '@portcullis/kernel/secret'
import { identitiesContract } from '@portcullis/ports/identities/contract'
import type { OwnUsers } from '@portcullis/ports/identities/port'
import { describe, expect, it } from 'vitest'
import { userIdentitiesOf } from './user-identities.ts'

type Asked = Parameters<ApiClient['checkPassword']>[0]['body']
const users: OwnUsers = { kind: 'users', organization: 'hmart' }

/** A control plane that answers questions about passwords as `answer` does. */
function identitiesBy(answer: (asked: Asked) => Promise<PasswordAnswer>) {
  const asked: Asked[] = []
  const client = {
    checkPassword: ({ body }: { body: Asked }) => {
      asked.push(body)
      return answer(body)
    },
  } as ApiClient
  return { asked, identities: userIdentitiesOf({ call: (ask) => ask(client) }) }
}

const knowing = async ({ user, password }: Asked): Promise<PasswordAnswer> =>
  user === 'ada' && password === 'correct horse'
    ? { outcome: 'accepted', roles: ['clerk'] }
    : { outcome: 'refused', roles: [] }

identitiesContract('users of an organization', () => {
  const { identities } = identitiesBy(knowing)
  return {
    identities: { verify: (source, ...given) => identities.verify(source as OwnUsers, ...given) },
    source: users,
  }
})

describe('users of an organization', () => {
  const verify = (answer: (asked: Asked) => Promise<PasswordAnswer>, password = 'correct horse') =>
    identitiesBy(answer).identities.verify(users, 'ada', new Secret(password), '192.0.2.1')

  it('are asked for with the address of the caller', async () => {
    const { asked, identities } = identitiesBy(knowing)
    await identities.verify(users, 'ada', new Secret('correct horse'), '192.0.2.1')
    expect(asked).toEqual([
      { organization: 'hmart', user: 'ada', password: 'correct horse', address: '192.0.2.1' },
    ])
  })

  it.each([
    ['limited', 'identities.too-many'],
    ['second-factor', 'identities.second-factor'],
  ] as const)('of whom is said: %s', async (outcome, code) => {
    await expect(verify(async () => ({ outcome, roles: [] }))).rejects.toMatchObject({ code })
  })

  it('are known to nobody while the control plane is away', async () => {
    const away = verify(async () => Promise.reject(new Error('away')))
    await expect(away).rejects.toMatchObject({ code: 'identities.unavailable' })
  })

  it('are asked for by so many at once, and by no more', async () => {
    const held = Promise.withResolvers<PasswordAnswer>()
    const { asked, identities } = identitiesBy(() => held.promise)
    const all = Array.from({ length: 17 }, (_, i) =>
      identities.verify(users, `user-${i}`, new Secret('x'), '192.0.2.1').then(
        () => 'answered',
        (thrown) => thrown.code,
      ),
    )
    held.resolve({ outcome: 'refused', roles: [] })
    const ends = await Promise.all(all)
    expect([asked.length, ends.filter((each) => each === 'identities.unavailable').length]).toEqual([16, 1])
    await identities.verify(users, 'ada', new Secret('x'), '192.0.2.1')
  })
})
