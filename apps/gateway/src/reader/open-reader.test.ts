import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Revision } from '@portcullis/model/revision'
import { testRevision } from '@portcullis/policy-kit/test-kit'
import { CompactSign } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { atOnce } from '../revision/in-slices.ts'
import { openReader } from './open-reader.ts'
import { unpackRevision } from './packed-revision.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const revisionKey = publicKey.export({ format: 'jwk' })
const revision: Revision = {
  ...testRevision(),
  groups: [
    { group: 'default', policies: [] },
    { group: 'partner', policies: [] },
  ],
}
const sign = (content: unknown, key: KeyObject = privateKey): Promise<string> =>
  new CompactSign(Buffer.from(JSON.stringify(content)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'portcullis-revision' })
    .sign(key)

const reader = openReader({ revisionKey, group: 'default', lingerMillis: 1 })
afterAll(() => reader.close())

test('a revision is read for one gateway group, and again after the thread has ended for want of work', async () => {
  const own = { ...revision, groups: [{ group: 'default', policies: [] }] }
  expect(atOnce(unpackRevision(await reader.read(await sign(revision))))).toEqual(own)
  await sleep(20)
  expect(atOnce(unpackRevision(await reader.read(await sign(revision))))).toEqual(own)
})

test('what is not to be trusted or not understood is refused with its fault, and what is asked beside it is read', async () => {
  const other = generateKeyPairSync('ed25519').privateKey
  const answers = await Promise.allSettled([
    reader.read(await sign(revision, other)),
    reader.read(await sign({ ...revision, more: 1 })),
    reader.read(await sign({ ...revision, groups: [] })),
    reader.read(await sign(revision)),
  ])
  expect(answers.map((each) => each.status === 'rejected' && each.reason.code)).toEqual([
    'revision.bad-signature',
    'revision.bad-content',
    'revision.unknown-group',
    false,
  ])
})

test('what is being read when the thread ends is refused, and never waits for ever', async () => {
  const closed = openReader({ revisionKey, group: 'default' })
  const reading = closed.read(await sign(revision))
  const refused = expect(reading).rejects.toThrow('the thread that reads revisions ended')
  await closed.close()
  await refused
})
