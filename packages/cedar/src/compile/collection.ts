import { CedarSet, type CedarValue, equalValues, PlainRecord } from '../value.ts'
import { fold, testing } from './code.ts'
import { expecting } from './expect.ts'
import { type CompileNode, listOf, membersOf, objectOf } from './node.ts'

const compileSet: CompileNode = (content, compile) => {
  const parts = listOf(content, 'Set').map((item) => compile(item))
  return fold(parts, { run: (request) => new CedarSet(parts.map((part) => part.run(request))) })
}

const compileRecord: CompileNode = (content, compile) => {
  const fields = Object.entries(objectOf(content, 'Record')).map(([name, node]) => ({
    name,
    part: compile(node),
  }))
  return fold(
    fields.map((field) => field.part),
    {
      run: (request) => {
        const attributes = new Map<string, CedarValue>()
        for (const { name, part } of fields) attributes.set(name, part.run(request))
        return new PlainRecord(attributes)
      },
    },
  )
}

function compileEquality(operator: string, answer: boolean): CompileNode {
  return (content, compile) => {
    const parts = membersOf(content, operator, ['left', 'right'])
    const [left, right] = [compile(parts.left), compile(parts.right)]
    const { constant } = right
    // Texts, booleans and Longs are equal only to themselves.
    const short = constant !== undefined && typeof constant !== 'object'
    return fold(
      [left, right],
      testing(
        short
          ? (request) => (left.run(request) === constant) === answer
          : (request) => equalValues(left.run(request), right.run(request)) === answer,
      ),
    )
  }
}

const compileContains: CompileNode = (content, compile) => {
  const asSet = expecting('set', 'contains')
  const parts = membersOf(content, 'contains', ['left', 'right'])
  const [left, right] = [compile(parts.left), compile(parts.right)]
  return fold(
    [left, right],
    testing((request) => asSet(left.run(request)).contains(right.run(request))),
  )
}

function compileSetTest(operator: string, holds: (a: CedarSet, b: CedarSet) => boolean): CompileNode {
  const asSet = expecting('set', operator)
  return (content, compile) => {
    const parts = membersOf(content, operator, ['left', 'right'])
    const [left, right] = [compile(parts.left), compile(parts.right)]
    return fold(
      [left, right],
      testing((request) => holds(asSet(left.run(request)), asSet(right.run(request)))),
    )
  }
}

const compileIsEmpty: CompileNode = (content, compile) => {
  const asSet = expecting('set', 'isEmpty')
  const part = compile(membersOf(content, 'isEmpty', ['arg']).arg)
  return fold(
    [part],
    testing((request) => asSet(part.run(request)).elements.length === 0),
  )
}

export const collectionNodes: { readonly [key: string]: CompileNode } = {
  Set: compileSet,
  Record: compileRecord,
  '==': compileEquality('==', true),
  '!=': compileEquality('!=', false),
  contains: compileContains,
  containsAll: compileSetTest('containsAll', (a, b) => a.containsAll(b)),
  containsAny: compileSetTest('containsAny', (a, b) => a.containsAny(b)),
  isEmpty: compileIsEmpty,
}
