import { ofGatewayGroup } from '@portcullis/model/of-gateway-group'
import { revisionName } from '@portcullis/model/revision'
import type { JWK } from 'jose'
import { revisionFaults } from '../fault.ts'
import { revisionVerifier } from '../revision/verify-revision.ts'
import { type PackedRevision, packRevision } from './packed-revision.ts'

/** Turns a signed revision into what a gateway of its group enforces, or rejects with a fault of `revision.*`. */
export type ReadRevision = (jws: string) => Promise<PackedRevision>

/** Throws a `TypeError` for a key that is not Ed25519. */
export async function openReadRevision(publicKey: JWK, group: string): Promise<ReadRevision> {
  const verify = await revisionVerifier(publicKey)
  return async (jws) => {
    const revision = await verify(jws)
    const own = ofGatewayGroup(revision, group)
    if (own !== undefined) return packRevision(own)
    const detail = `${revisionName(revision)} has no gateway group "${group}".`
    throw revisionFaults['unknown-group']({ detail })
  }
}
