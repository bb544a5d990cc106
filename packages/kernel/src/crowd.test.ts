import { expect, test } from 'vitest'
import { Crowd } from './crowd.ts'

function told(crowd: Crowd<string>): string {
  const members: string[] = []
  crowd.each((member) => members.push(member))
  return members.sort().join('')
}

test('whoever joined and did not leave is in a crowd, in whatever order they left', () => {
  for (const leaving of ['abcd', 'dcba', 'bdac', 'cabd']) {
    const crowd = new Crowd<string>()
    const seats = new Map(['a', 'b', 'c', 'd'].map((each) => [each, crowd.join(each)]))
    for (let i = 0; i < leaving.length; i++) {
      const seat = seats.get(leaving.charAt(i))
      if (seat === undefined) throw new Error('nobody')
      crowd.leave(seat)
      crowd.leave(seat)
      expect([told(crowd), crowd.size]).toEqual([[...leaving.slice(i + 1)].sort().join(''), 3 - i])
    }
    crowd.join('e')
    expect(told(crowd)).toBe('e')
  }
})

test('everybody is told once, also where some leave and others come meanwhile', () => {
  for (const leaving of ['a', 'b', 'c', 'ab', 'bc', 'ac', 'abc']) {
    const crowd = new Crowd<string>()
    const seats = new Map(['a', 'b', 'c'].map((each) => [each, crowd.join(each)]))
    const members: string[] = []
    crowd.each((member) => {
      members.push(member)
      const seat = seats.get(member)
      if (seat === undefined || !leaving.includes(member)) return
      crowd.leave(seat)
      crowd.join(`${member} again`)
    })
    expect(members.sort()).toEqual(['a', 'b', 'c'])
    expect(crowd.size).toBe(3)
  }
})
