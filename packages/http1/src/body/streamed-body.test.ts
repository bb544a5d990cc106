import { describe, expect, test } from 'vitest'
import { type BodySink, type BodySource, StreamedBody } from './streamed-body.ts'

function watchedSource(): BodySource & { readonly calls: string[] } {
  const calls: string[] = []
  return {
    calls,
    begin: () => void calls.push('begin'),
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    abandon: () => void calls.push('abandon'),
  }
}

function watchedSink(room = Number.POSITIVE_INFINITY): BodySink & { readonly calls: string[] } {
  const calls: string[] = []
  return {
    calls,
    write(bytes) {
      calls.push(Buffer.from(bytes).toString())
      return calls.length < room
    },
    end: () => void calls.push('END'),
    fail: (error) => void calls.push(`FAIL ${error.message}`),
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text)
const large = new Uint8Array(70_000)

async function readAll(body: StreamedBody): Promise<string> {
  let text = ''
  for await (const each of body) text += Buffer.from(each).toString()
  return text
}

describe('a streamed body', () => {
  test('is given as a whole when it has ended before anybody began', () => {
    const body = new StreamedBody(watchedSource())
    body.push(bytes('a'))
    expect(body.takeWhole()).toBeUndefined()
    body.push(bytes('b'))
    body.end()
    expect(Buffer.from(body.takeWhole() ?? []).toString()).toBe('ab')
    expect(body.isRead).toBe(true)
  })

  test.each([
    ['has ended', (body: StreamedBody) => body.end()],
    ['has failed', (body: StreamedBody) => body.fail(new Error('gone'))],
    ['was given up', (body: StreamedBody) => body.abandon()],
  ])('tells once when it %s, also whoever asks too late', (_, finish) => {
    const body = new StreamedBody(watchedSource())
    let told = 0
    body.whenOver(() => told++)
    body.push(bytes('a'))
    expect(told).toBe(0)
    finish(body)
    body.end()
    body.abandon()
    expect(told).toBe(1)
    body.whenOver(() => told++)
    expect(told).toBe(2)
  })

  test('is iterated in the order in which it came, before and after its end', async () => {
    const source = watchedSource()
    const body = new StreamedBody(source)
    body.push(bytes('a'))
    const read = readAll(body)
    await Promise.resolve()
    body.push(bytes('b'))
    body.push(bytes('c'))
    body.end()
    expect(await read).toBe('abc')
    expect(source.calls).toEqual(['begin'])
  })

  test('flows into a sink, what waited first', () => {
    const body = new StreamedBody(watchedSource())
    const sink = watchedSink()
    body.push(bytes('a'))
    body.flowTo(sink)
    body.push(bytes('b'))
    body.end()
    expect(sink.calls).toEqual(['a', 'b', 'END'])
  })

  test('pauses its source when more waits than fits, until it is taken', async () => {
    const source = watchedSource()
    const body = new StreamedBody(source)
    body.push(large)
    body.push(bytes('b'))
    const reader = body[Symbol.asyncIterator]()
    await reader.next()
    expect(source.calls).toEqual(['pause', 'begin'])
    await reader.next()
    expect(source.calls).toEqual(['pause', 'begin', 'resume'])
  })

  test('pauses its source while the sink is full, and ends only after what waited', () => {
    const source = watchedSource()
    const body = new StreamedBody(source)
    const sink = watchedSink(1)
    body.flowTo(sink)
    body.push(bytes('a'))
    body.push(bytes('b'))
    body.end()
    expect(source.calls).toEqual(['begin', 'pause'])
    expect(sink.calls).toEqual(['a'])
    body.resume()
    expect(sink.calls).toEqual(['a', 'b'])
    body.resume()
    expect(sink.calls).toEqual(['a', 'b', 'END'])
  })

  test('lets its source go on once the sink has room', () => {
    const source = watchedSource()
    const body = new StreamedBody(source)
    body.flowTo(watchedSink(1))
    body.push(bytes('a'))
    body.resume()
    expect(source.calls).toEqual(['begin', 'pause', 'resume'])
  })

  test('fails for whoever reads, now or later', async () => {
    const [iterated, flowing, late] = [0, 1, 2].map(() => new StreamedBody(watchedSource()))
    const sink = watchedSink()
    const lateSink = watchedSink()
    const read = readAll(iterated as StreamedBody).catch((error: Error) => error.message)
    flowing?.flowTo(sink)
    for (const body of [iterated, flowing, late]) body?.fail(new Error('gone'))
    late?.flowTo(lateSink)
    expect(await read).toBe('gone')
    expect(sink.calls).toEqual(['FAIL gone'])
    expect(lateSink.calls).toEqual(['FAIL gone'])
  })

  test('tells its source once that it was given up, keeps nothing, and takes nothing more', async () => {
    const source = watchedSource()
    const body = new StreamedBody(source)
    body.push(bytes('a'))
    body.abandon()
    await body.return()
    body.push(bytes('b'))
    expect(source.calls).toEqual(['abandon'])
    await expect(body.next()).rejects.toThrow('given up')
  })

  test('does not tell a source that has ended', async () => {
    const source = watchedSource()
    const body = new StreamedBody(source)
    body.push(bytes('a'))
    body.end()
    for await (const _ of body) break
    expect(source.calls).toEqual([])
  })
})
