import { execFile } from 'node:child_process'
import { createSecretKey, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { defineFaults } from '@portcullis/kernel/fault'
import { Secret } from '@portcullis/kernel/secret'
import type { LogFields } from '@portcullis/ports/log/port'
import { expect, it } from 'vitest'
import { type LogLevel, openLog } from './pino-log.ts'

function logTo(lines: string[], level: LogLevel = 'debug') {
  return openLog({ level, stream: { write: (line) => lines.push(line) } })
}

/** What one line with these fields says. */
function lineOf(fields: LogFields, message = 'it happened'): Record<string, unknown> {
  const lines: string[] = []
  logTo(lines).warn(message, fields)
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] as string)
}

it('writes one JSON object a line: level, time, message and the fields', () => {
  expect(lineOf({ count: 3, names: ['a', 'b'], place: { line: 1 } })).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    message: 'it happened',
    count: 3,
    names: ['a', 'b'],
    place: { line: 1 },
  })
})

it('writes nothing below its level', () => {
  const lines: string[] = []
  const log = logTo(lines, 'warn')
  log.debug('no')
  log.info('no')
  log.warn('yes')
  log.error('yes')
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error'])
})

it('prints no secret, wherever it is', () => {
  const secret = new Secret('hunter2')
  const key = createSecretKey(Buffer.from('hunter2'))
  const nested = { secret, list: [secret], map: new Map([['secret', secret]]), set: new Set([secret]) }
  const error = Object.assign(new Error(`with ${secret}`, { cause: nested }), { secret })
  const line = JSON.stringify(
    lineOf({ secret, nested, error, key, bytes: Buffer.from('hunter2') }, `${secret}`),
  )
  expect(line).not.toContain('hunter2')
  expect(line).not.toContain(Buffer.from('hunter2').toString('base64'))
  expect(line).toContain('[secret]')
})

it('tells all of a fault: its code, what the caller read, what only we may know, what to do, and its cause', () => {
  const faults = defineFaults('test', { broken: { status: 500, title: 'Broken', remedy: 'Mend it.' } })
  const cause = Object.assign(new Error('ECONNREFUSED 127.0.0.1'), { code: 'ECONNREFUSED' })
  const fault = faults.broken({ detail: 'public', internal: 'table 3', place: { file: 'a.yaml' }, cause })
  expect(lineOf({ fault }).fault).toEqual({
    code: 'test.broken',
    status: 500,
    detail: 'public',
    internal: 'table 3',
    remedy: 'Mend it.',
    place: { file: 'a.yaml' },
    cause: expect.objectContaining({ name: 'Error', message: cause.message, code: 'ECONNREFUSED' }),
  })
})

it('tells an error with its stack and everything behind it', () => {
  const error = new AggregateError([new TypeError('first')], 'all failed', { cause: new RangeError('why') })
  expect(lineOf({ error }).error).toMatchObject({
    name: 'AggregateError',
    message: 'all failed',
    stack: expect.stringContaining('pino-log.test'),
    errors: [{ name: 'TypeError', message: 'first' }],
    cause: { name: 'RangeError', message: 'why' },
  })
})

it.each<[string, LogFields]>([
  ['a long text', { text: 'x'.repeat(1_000_000) }],
  ['a long name', { ['x'.repeat(1_000_000)]: 1 }],
  ['many fields', Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`field${i}`, i]))],
  ['a long list', { list: Array.from({ length: 1_000_000 }, () => 'entry') }],
  ['a wide tree', { tree: wideTree(4) }],
  ['a tree of nothing', { tree: emptyTree() }],
  ['many long texts', { list: Array.from({ length: 60 }, () => 'x'.repeat(2000)) }],
])('keeps a line short in spite of %s', (_, fields) => {
  expect(JSON.stringify(lineOf(fields)).length).toBeLessThan(40_000)
})

it('keeps a line short in spite of a long message', () => {
  expect(lineOf({}, 'x'.repeat(1_000_000)).message).toMatch(/^x{2048}… \(1000000 characters\)$/)
})

function wideTree(depth: number): unknown {
  if (depth === 0) return 'leaf of the tree'
  return Array.from({ length: 20 }, () => wideTree(depth - 1))
}

function emptyTree(): unknown {
  let tree: unknown = {}
  for (let depth = 0; depth < 30; depth++) tree = Array.from({ length: 64 }, () => tree)
  return tree
}

it('never throws, whatever it is handed', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const hostile = {
    get field(): unknown {
      throw new Error('no')
    },
  }
  const proxy = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no')
      },
    },
  )
  const values = {
    cycle,
    hostile,
    proxy,
    big: 10n ** 30n,
    symbol: Symbol('s'),
    nothing: undefined,
    nan: Number.NaN,
    date: new Date(Number.NaN),
    act: () => 1,
    bare: Object.create(null),
  }
  const line = lineOf(values)
  expect(line).toMatchObject({
    hostile: '[unreadable]',
    proxy: '[unreadable]',
    nan: 'NaN',
    symbol: 'Symbol(s)',
  })
  expect(lineOf(proxy as LogFields)).toMatchObject({ fields: '[unreadable]' })
})

it('does not let a field pass itself off as the level, the time or the message', () => {
  const line = lineOf({ level: 'info', time: 'yesterday', message: 'all is well' })
  expect(line).toMatchObject({
    level: 'warn',
    message: 'it happened',
    message_: 'all is well',
    level_: 'info',
  })
})

it('keeps a line one line, whatever is in it', () => {
  const lines: string[] = []
  logTo(lines).info('first\n{"level":"error"}', { text: 'a\r\nb\u2028' })
  expect(lines.join('').split('\n')).toHaveLength(2)
})

it('goes on when its stream is broken', () => {
  const log = openLog({
    level: 'info',
    stream: {
      write: () => {
        throw new Error('EPIPE')
      },
    },
  })
  expect(() => log.error('unheard')).not.toThrow()
})

it('writes to standard output what was logged before the process ended, also by its threads', async () => {
  const source = new URL('./pino-log.ts', import.meta.url).href
  const thread = `import(${JSON.stringify(source)}).then(({ openLog }) => openLog({ level: 'info' }).info('from the thread'))`
  const program = `
    import { Worker } from 'node:worker_threads'
    import { openLog } from ${JSON.stringify(source)}
    const log = openLog({ level: 'info' })
    for (let i = 0; i < 500; i++) log.info('line', { i, pad: 'x'.repeat(200) })
    const worker = new Worker(${JSON.stringify(thread)}, { eval: true })
    worker.on('exit', () => { log.info('last'); process.exit(0) })`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.filter((line) => line.message === 'line')).toHaveLength(500)
  expect(lines.at(-1)).toMatchObject({ message: 'last' })
  expect(lines.some((line) => line.message === 'from the thread')).toBe(true)
})

it.each([
  ['the reader of standard output is gone', '| head -1 > /dev/null'],
  ['standard output takes nothing', existsSync('/dev/full') ? '> /dev/full' : '| exit'],
])('does not fall when %s', async (_, sink) => {
  const source = new URL('./pino-log.ts', import.meta.url).href
  const program = `
    import { openLog } from ${JSON.stringify(source)}
    const log = openLog({ level: 'info' })
    let count = 0
    const timer = setInterval(() => {
      log.info('line', { pad: 'x'.repeat(2000) })
      if (++count === 100) { clearInterval(timer); process.stderr.write('done') }
    }, 1)`
  const command = `"$1" --input-type=module -e "$2" ${sink}`
  const { stderr } = await promisify(execFile)('sh', ['-c', command, 'sh', process.execPath, program])
  expect(stderr).toBe('done')
})

it('knows nothing of random bytes but their number', () => {
  expect(lineOf({ bytes: randomBytes(12), view: new DataView(new ArrayBuffer(3)) })).toMatchObject({
    bytes: '[12 bytes]',
    view: '[3 bytes]',
  })
})
