import { Secret } from '@portcullis/kernel/secret'
import { describe, expect, it } from 'vitest'
import type { Identities, IdentitySource } from './port.ts'

export interface IdentitiesUnderTest {
  readonly identities: Identities
  /** Knows `ada` with the password `correct horse`, the role `clerk` and the group `staff`. */
  readonly source: IdentitySource
  /** Without it `ada` is in no group: not everybody has groups. */
  readonly groups?: readonly string[]
}

/** What everybody who knows identities guarantees. */
export function identitiesContract(
  name: string,
  open: () => IdentitiesUnderTest | Promise<IdentitiesUnderTest>,
): void {
  describe(`identities contract: ${name}`, () => {
    const verify = async (who: string, password: string) => {
      const { identities, source } = await open()
      return identities.verify(source, who, new Secret(password), '192.0.2.1')
    }

    it('tells who somebody is whose name and password belong together', async () => {
      const { groups = [] } = await open()
      expect(await verify('ada', 'correct horse')).toMatchObject({ subject: 'ada', roles: ['clerk'], groups })
    })

    it.each([
      ['ada', 'wrong'],
      ['ada', ''],
      ['ada', 'correct horse '],
      ['nobody', 'correct horse'],
      ['', ''],
      ['*', 'correct horse'],
      ['a*', 'correct horse'],
      ['ada)(uid=*', 'correct horse'],
      ['ada,ou=people', 'correct horse'],
      ['constructor', 'correct horse'],
    ])('knows nobody of the name %j with the password %j', async (who, password) => {
      expect(await verify(who, password)).toBeUndefined()
    })
  })
}
