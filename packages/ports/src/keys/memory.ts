import { type Keys, keysFaults, type VerificationKey } from './port.ts'

/** JWK Sets by their address. An issuer whose set is `unavailable`, or who is not there at all, cannot be reached. */
export type KeySets = Readonly<Record<string, readonly VerificationKey[] | 'unavailable'>>

/** Keys as they are in `sets` at the moment of asking: change the object, and the issuer has rotated its keys. */
export function openMemoryKeys(sets: KeySets): Keys {
  return {
    find(jwksUri, kid) {
      const set = Object.hasOwn(sets, jwksUri) ? sets[jwksUri] : undefined
      if (set === undefined || set === 'unavailable') {
        return Promise.reject(keysFaults.unavailable({ internal: `no answer from ${jwksUri}` }))
      }
      return set.find((each) => each.kid === kid)
    },
  }
}
