import { describe, expect, it } from 'vitest'
import { type Vault, vaultFaults } from './port.ts'

/** What every vault guarantees. */
export function vaultContract(
  name: string,
  open: (secrets: Readonly<Record<string, string>>) => Vault,
): void {
  describe(`vault contract: ${name}`, () => {
    it('gives the secret of a name, to the letter', () => {
      const vault = open({ introspection: 'p4ss wörd=', 'other-one': 'x' })
      expect(vault.secret('introspection').reveal()).toBe('p4ss wörd=')
      expect(vault.secret('other-one').reveal()).toBe('x')
    })

    it.each(['missing', 'empty', 'toString', '__proto__', '', '../introspection', 'introspection/..'])(
      'refuses a name for which there is nothing: %j',
      (wanted) => {
        const vault = open({ introspection: 's', empty: '' })
        let thrown: unknown
        try {
          vault.secret(wanted)
        } catch (caught) {
          thrown = caught
        }
        expect(vaultFaults.unknown.is(thrown)).toBe(true)
      },
    )
  })
}
