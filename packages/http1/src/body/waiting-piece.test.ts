import { expect, test } from 'vitest'
import { StreamedBody } from './streamed-body.ts'

const SIZE = 20_000
const source = { pause: () => undefined, resume: () => undefined, abandon: () => undefined }

/** A body whose first piece waits, read into memory that is overwritten at once. */
function waiting(letter: string): StreamedBody {
  const body = new StreamedBody(source)
  const lent = Buffer.alloc(SIZE, letter)
  body.push(lent)
  lent.fill('!')
  return body
}

async function flown(body: StreamedBody): Promise<string> {
  const pieces: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  body.flowTo({
    write: (bytes) => pieces.push(Buffer.from(bytes).toString('latin1')) > 0,
    end: resolve,
    fail: reject,
  })
  body.end()
  await promise
  return pieces.join('')
}

test('pieces that wait in memory that is used again and again never see each other', async () => {
  for (let round = 0; round < 3; round++) {
    const bodies = ['a', 'b', 'c', 'd', 'e', 'f'].map(waiting)
    for (const [i, body] of bodies.entries()) expect(await flown(body)).toBe('abcdef'.charAt(i).repeat(SIZE))
  }
})

test('a piece that an iteration was given stays as it is whatever comes after it', async () => {
  const kept = await waiting('k').next()
  for (let i = 0; i < 10; i++) await flown(waiting('x'))
  expect(Buffer.from(kept.value as Uint8Array).toString('latin1')).toBe('k'.repeat(SIZE))
})

test('a body that was taken whole stays as it is whatever comes after it', async () => {
  const body = waiting('w')
  body.end()
  const whole = body.takeWhole() as Uint8Array
  for (let i = 0; i < 10; i++) await flown(waiting('x'))
  expect(Buffer.from(whole).toString('latin1')).toBe('w'.repeat(SIZE))
})
