import { describe, expect, test } from 'vitest'
import { checkBytes, type Fields, isNamed, readFieldLines } from './field-line.ts'

function read(text: string) {
  const fields: Fields = []
  const end = readFieldLines(Buffer.from(text, 'latin1'), text, 0, 100, fields)
  return typeof end === 'number' ? fields : end
}

describe('field lines', () => {
  test('are read in their order and spelling, values without the blanks around', () => {
    expect(read('Host: a\r\nX-Empty:\r\nX-Blank:  \r\nx-odd:\t caf\xe9 \t au  lait  \r\n')).toEqual(
      'Host,a,X-Empty,,X-Blank,,x-odd,caf\xe9 \t au  lait'.split(','),
    )
  })

  test('hold, whatever byte stands in a value or a name, nothing that a check of all bytes finds', () => {
    for (let byte = 0; byte < 256; byte++) {
      const odd = String.fromCharCode(byte)
      for (const text of [
        `A: x${odd}\r\n`,
        `A: x${odd}y\r\n`,
        `A:${odd}\r\n`,
        `A${odd}: x\r\n`,
        `${odd}A: x\r\n`,
        // Long values are looked at several bytes at a time.
        ...[64, 65, 66, 67, 68].map((before) => `A: ${'x'.repeat(before)}${odd}xyz\r\n`),
      ]) {
        const fields = read(text)
        if (checkBytes(text) !== undefined) expect(fields, JSON.stringify(text)).toHaveProperty('reason')
        else if (!('reason' in fields)) expect(`${fields[0]}:${fields[1]}`).toBe(normal(text))
      }
    }
  })

  test.each([
    ['a tab at the end of a value', 'A: x\t\r\n'],
    ['a tab and blanks at the end of a value', 'A: x\t  \r\n'],
    ['nothing but a tab', 'A:\t\r\n'],
    ['nothing but a tab and a blank', 'A:\t \r\n'],
    ['no name', ': x\r\n'],
    ['a blank before the colon', 'A : x\r\n'],
    ['no colon', 'A\r\n'],
    ['a bare LF', 'A: x\nB: y\r\n'],
    ['a bare CR', 'A: x\rB: y\r\n'],
    ['CR and CR and LF', 'A: x\r\r\n'],
  ])('are refused for %s', (_, text) => {
    expect(read(text)).toHaveProperty('reason', 'bad-field')
  })

  test('are refused where one is folded', () => {
    expect(read('A: x\r\n B: y\r\n')).toHaveProperty('reason', 'folded-field')
  })
})

function normal(text: string): string {
  const [name, ...value] = text.slice(0, -2).split(':')
  return `${name}:${value.join(':').replace(/^[ \t]+|[ \t]+$/g, '')}`
}

test('a name is the same in any case, and no other of the same length or first letter', () => {
  for (const name of ['host', 'Host', 'HOST', 'hosT']) expect(isNamed(name, 'host')).toBe(true)
  for (const name of ['hosts', 'hose', 'ghost', '', 'H\u00d6st', '(ost'])
    expect(isNamed(name, 'host')).toBe(false)
})
