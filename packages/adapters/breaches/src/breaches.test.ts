import { createHash } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import { breachesContract } from '@portcullis/ports/breaches/contract'
import { breachesFaults } from '@portcullis/ports/breaches/port'
import { openMemoryWeb } from '@portcullis/ports/web/memory'
import type { Web, WebRequest } from '@portcullis/ports/web/port'
import { describe, expect, it } from 'vitest'
import { openCommonBreaches } from './common-breaches.ts'
import { openRangeBreaches } from './range-breaches.ts'

const common = openCommonBreaches()
breachesContract('common passwords', () => common)

describe('common passwords', () => {
  it.each([
    'password',
    'Password1234567!',
    '!!!...Dragon...!!!',
    'letmeinletmeinletmein',
    'qwertyuiop123456',
    'passwordqwerty12',
    'Password-Princess-2026',
    'aaaaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    'abcdefghijklmnopqrst',
    '98765432109876543210',
    'ｐａｓｓｗｏｒｄ１２３４',
  ])('are known however they are dressed up: %s', async (text) => {
    expect(await common.know(new Secret(text))).toBe(true)
  })

  it.each([
    'correct horse battery staple',
    'Ein Igel im Nebel 7',
    '8Vk2-qPz!x7Lw0rT',
    'пингвины едят мороженое',
  ])('are not those that nobody would guess: %s', async (text) => {
    expect(await common.know(new Secret(text))).toBe(false)
  })
})

describe('a service of known passwords', () => {
  const url = 'https://range.example/range'
  const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase()
  const line = (text: string, count = 3) => `${sha1(text).slice(5)}:${count}\r\n`
  const asked: WebRequest[] = []
  const answering = (body: (path: string) => string, status = 200): Web => ({
    async ask(request) {
      asked.push(request)
      return openMemoryWeb({ [request.url]: () => ({ status, body: body(request.url) }) }).ask(request)
    },
  })
  const openRange = (web: Web) => openRangeBreaches({ web, url, timeoutMillis: 1000 })

  breachesContract('range', () =>
    openRange(
      answering((path) =>
        path.endsWith(sha1('password123456789').slice(0, 5)) ? line('password123456789') : '',
      ),
    ),
  )

  it('is told the beginning of a hash and nothing else', async () => {
    asked.length = 0
    await openRange(answering(() => line('other'))).know(new Secret('password123456789'))
    expect(asked).toHaveLength(1)
    expect(asked[0]?.url).toBe(`${url}/${sha1('password123456789').slice(0, 5)}`)
    expect(JSON.stringify(asked[0])).not.toContain('password123456789')
    expect(asked[0]?.headers).toContain('Add-Padding')
  })

  it('takes padding for what it is', async () => {
    const range = openRange(answering(() => line('password123456789', 0)))
    expect(await range.know(new Secret('password123456789'))).toBe(false)
  })

  it.each<[string, Web]>([
    ['nobody answers', openMemoryWeb({})],
    ['it fails', answering(() => '', 503)],
    ['it answers with a page', answering(() => '<html>sorry</html>')],
    ['it answers with too much', answering(() => 'x'.repeat(300_000))],
  ])('is an outage when %s, never a good password', async (_, web) => {
    await expect(openRange(web).know(new Secret('password123456789'))).rejects.toSatisfy(
      breachesFaults.unavailable.is,
    )
  })
})
