import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Body } from '../message/reply.ts'
import { BodyAhead, discardBody } from './body-ahead.ts'

/** A body of these chunks that tells how many were asked for and whether it was let go. */
function chunked(chunks: readonly string[]) {
  const told = { asked: 0, letGo: false }
  async function* send(): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of chunks) {
        told.asked++
        yield Buffer.from(chunk)
      }
    } finally {
      told.letGo = true
    }
  }
  return { body: send(), told }
}

async function textOf(body: Body): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('a body of which the beginning is read ahead', () => {
  test('is read no further than was asked', async () => {
    const { body, told } = chunked(['abc', 'def', 'ghi'])
    const ahead = new BodyAhead(body)
    await ahead.fill(4)
    expect([told.asked, ahead.length, Buffer.from(ahead.bytes()).toString()]).toEqual([2, 6, 'abcdef'])
    await ahead.fill(5)
    expect(told.asked).toBe(2)
  })

  test('is whole once it has ended, however much was asked', async () => {
    const ahead = new BodyAhead(chunked(['abc']).body)
    await ahead.fill(1000)
    expect(ahead.has(1000)).toBe(true)
    expect(ahead.body()).toBeInstanceOf(Uint8Array)
  })

  test('reaches the backend byte for byte, wherever the reading stopped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string()), fc.nat(20), fc.nat(20), async (chunks, first, second) => {
        const ahead = new BodyAhead(chunked(chunks).body)
        await ahead.fill(first)
        ahead.bytes()
        await ahead.fill(second)
        expect(await textOf(ahead.body())).toBe(chunks.join(''))
      }),
    )
  })

  test('lets its sender go when the backend wants no more', async () => {
    const { body, told } = chunked(['abc', 'def', 'ghi'])
    const ahead = new BodyAhead(body)
    await ahead.fill(1)
    for await (const _ of ahead.body() as AsyncIterable<Uint8Array>) break
    expect(told.letGo).toBe(true)
  })

  test('rejects when its sender breaks off', async () => {
    const ahead = new BodyAhead({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('gone')) }),
    })
    await expect(ahead.fill(1)).rejects.toThrow('gone')
  })

  test('takes bytes that are here already', () => {
    const ahead = new BodyAhead(Buffer.from('abc'))
    expect([ahead.has(1000), ahead.length]).toEqual([true, 3])
  })
})

test('a body that nobody will read lets its sender go', async () => {
  const { body, told } = chunked(['abc', 'def'])
  await body.next()
  await discardBody(body)
  expect(told.letGo).toBe(true)
})
