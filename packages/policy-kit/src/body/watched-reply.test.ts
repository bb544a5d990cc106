import { describe, expect, it } from 'vitest'
import { stepFaults } from '../message/problem.ts'
import type { Body } from '../message/reply.ts'
import { watchedReply } from './watched-reply.ts'

const text = (body: string): Uint8Array => Buffer.from(body)

/** A body in chunks, which tells whether it was let go. */
function stream(...chunks: string[]) {
  const told = { released: 0, begun: false }
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      told.begun = true
      return {
        next: async () => {
          const chunk = chunks.shift()
          return chunk === undefined ? { done: true, value: undefined } : { done: false, value: text(chunk) }
        },
        return: async () => {
          told.released++
          return { done: true, value: undefined }
        },
      }
    },
  }
  return { body, told }
}

function watcher(refuseAt = Number.POSITIVE_INFINITY) {
  const heard: string[] = []
  return {
    heard,
    chunk(bytes: Uint8Array) {
      heard.push(Buffer.from(bytes).toString())
      if (heard.length >= refuseAt) throw stepFaults['body-too-large']()
    },
    end: () => void heard.push('END'),
    gone: () => void heard.push('GONE'),
  }
}

async function read(body: Body | undefined): Promise<string> {
  if (body === undefined || body instanceof Uint8Array) return Buffer.from(body ?? []).toString()
  let all = ''
  for await (const chunk of body) all += Buffer.from(chunk).toString()
  return all
}

describe('a watched reply', () => {
  it('is the same body, chunk by chunk, and its end is told once', async () => {
    const seen = watcher()
    expect(await read(watchedReply(stream('a', 'b').body, seen))).toBe('ab')
    expect(seen.heard).toEqual(['a', 'b', 'END'])
  })

  it('that is at hand, or empty, is seen at once', async () => {
    const seen = watcher()
    const body = text('whole')
    expect(watchedReply(body, seen)).toBe(body)
    expect(watchedReply(undefined, seen)).toBeUndefined()
    expect(seen.heard).toEqual(['whole', 'END', 'END'])
  })

  it('breaks off with what the watcher threw, and lets go of the source', async () => {
    const seen = watcher(2)
    const { body, told } = stream('a', 'b', 'c')
    await expect(read(watchedReply(body, seen))).rejects.toMatchObject({ code: 'step.body-too-large' })
    expect(seen.heard).toEqual(['a', 'b', 'GONE'])
    expect(told.released).toBe(1)
    expect(() => watchedReply(text('a'), watcher(1))).toThrow('body')
  })

  it('given up early, even before it was begun, lets go of the source', async () => {
    for (const take of [0, 1]) {
      const seen = watcher()
      const { body, told } = stream('a', 'b')
      const watched = watchedReply(body, seen) as AsyncIterable<Uint8Array>
      const reader = watched[Symbol.asyncIterator]()
      for (let i = 0; i < take; i++) await reader.next()
      await reader.return?.()
      expect(told).toEqual({ released: 1, begun: true })
      expect(seen.heard.at(-1)).toBe('GONE')
    }
  })
})
