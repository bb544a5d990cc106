import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HeaderList } from './header-list.ts'

describe('a header list', () => {
  test('finds fields whatever their spelling, the first one first', () => {
    const headers = new HeaderList(['X-One', 'a', 'x-ONE', 'b', 'Two', 'c'])
    expect(headers.get('x-one')).toBe('a')
    expect(headers.all('x-one')).toEqual(['a', 'b'])
    expect(headers.has('two')).toBe(true)
    expect(headers.get('three')).toBeUndefined()
    expect(headers.all('three')).toEqual([])
  })

  test('finds names that begin with no letter, and takes no other of their length for them', () => {
    const headers = new HeaderList(['-x', '1', '_X', '2', '0x', '3'])
    expect([headers.get('_x'), headers.get('-x'), headers.get('0x'), headers.get('~x')]).toEqual([
      ...['2', '1', '3'],
      undefined,
    ])
  })

  test('does not take a value for a name', () => {
    const headers = new HeaderList(['a', 'host', 'host', 'b'])
    expect(headers.get('host')).toBe('b')
    expect(headers.all('host')).toEqual(['b'])
  })

  test('finds an empty value', () => {
    expect(HeaderList.of({ 'X-Empty': '' }).has('x-empty')).toBe(true)
  })

  test('replaces every field of a name by one', () => {
    const headers = new HeaderList(['Set-Cookie', 'a', 'X', '1', 'set-cookie', 'b'])
    headers.set('SET-COOKIE', 'c')
    expect(headers.flat()).toEqual(['X', '1', 'SET-COOKIE', 'c'])
  })

  test('removes fields and keeps the order of the others', () => {
    const headers = new HeaderList(['A', '1', 'B', '2', 'a', '3', 'C', '4'])
    headers.remove('a')
    expect(headers.flat()).toEqual(['B', '2', 'C', '4'])
    headers.removeIf((name) => name === 'c')
    expect(headers.flat()).toEqual(['B', '2'])
  })

  test('takes away with a name what servers of the CGI family read as it (RFC 3875 §4.1.18)', () => {
    const headers = new HeaderList(['X_Tenant-Id', 'a', 'x-tenant_id', 'b', 'X-Tenant.Id', 'c'])
    headers.set('X-Tenant-Id', 'mine')
    expect(headers.flat()).toEqual(['X-Tenant.Id', 'c', 'X-Tenant-Id', 'mine'])
    headers.append('X_TENANT_ID', 'd')
    headers.remove('x-tenant-id')
    expect(headers.flat()).toEqual(['X-Tenant.Id', 'c'])
  })

  test('removes by the spelling alone where that is asked', () => {
    const headers = new HeaderList(['A', '1', 'a', '2', 'B', '3'])
    headers.removeIfSpelled((name) => name === 'A')
    expect(headers.flat()).toEqual(['a', '2', 'B', '3'])
  })

  test('is not changed through its copy', () => {
    const headers = HeaderList.of({ A: '1' })
    headers.copy().append('B', '2')
    expect(headers.flat()).toEqual(['A', '1'])
  })

  test('behaves like a list of pairs, whatever is done to it', () => {
    const name = fc.constantFrom('a', 'A', 'b', 'B', 'cc', 'cC')
    const action = fc.record({ how: fc.constantFrom('append', 'set', 'remove'), name, value: fc.string() })
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        const headers = new HeaderList()
        let model: [string, string][] = []
        for (const { how, name, value } of actions) {
          const others = model.filter(([each]) => each.toLowerCase() !== name.toLowerCase())
          if (how === 'append') {
            headers.append(name, value)
            model.push([name, value])
          } else if (how === 'set') {
            headers.set(name, value)
            model = [...others, [name, value]]
          } else {
            headers.remove(name)
            model = others
          }
        }
        expect(headers.flat()).toEqual(model.flat())
      }),
    )
  })
})
