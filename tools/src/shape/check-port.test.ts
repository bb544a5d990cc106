import { describe, expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkPorts } from './check-port.ts'

const ports = 'packages/ports/src'

describe('checkPorts', () => {
  it('misses the suite and the adapter in memory', () => {
    expect(checkPorts(treeOf({ [`${ports}/store/port.ts`]: '' })).map((each) => each.file)).toEqual([
      `${ports}/store/contract.ts`,
      `${ports}/store/memory.ts`,
    ])
  })

  it('misses the interface', () => {
    const tree = treeOf({ [`${ports}/store/contract.ts`]: '', [`${ports}/store/memory.ts`]: '' })
    expect(checkPorts(tree).map((each) => each.file)).toEqual([`${ports}/store/port.ts`])
  })

  it('asks no suite of the log', () => {
    expect(checkPorts(treeOf({ [`${ports}/log/port.ts`]: '' }))).toEqual([])
  })
})
