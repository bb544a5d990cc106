import type { Json } from '@portcullis/kernel/json'
import { type Code, constantOf, type Test, testing } from './code.ts'
import { asTest } from './expect.ts'
import { type CompileNode, membersOf, objectOf } from './node.ts'

/** Chains are one node, however long: `a && b && c` is written with `a && b` on its left. */
function termsOf(operator: '&&' | '||', content: Json): readonly (Json | undefined)[] {
  const terms: (Json | undefined)[] = []
  let rest: Json | undefined = content
  for (;;) {
    const { left, right } = membersOf(rest, operator, ['left', 'right'])
    terms.push(right)
    const next = objectOf(left, operator)
    if (!Object.hasOwn(next, operator) || Object.keys(next).length !== 1) {
      return [...terms, left].toReversed()
    }
    rest = next[operator]
  }
}

/** `deciding` is what ends the chain: false ends `&&`, true ends `||`. */
function compileChain(operator: '&&' | '||', deciding: boolean): CompileNode {
  return (content, compile) => {
    const tests: Test[] = []
    for (const term of termsOf(operator, content)) {
      const code = compile(term)
      if (code.constant === !deciding) continue
      tests.push(asTest(code, operator))
      if (code.constant === deciding) break
    }
    return chainOf(tests, deciding)
  }
}

/** Terms after the deciding one are not looked at, so they can't fail either. */
export function chainOf(tests: readonly Test[], deciding: boolean): Code {
  const [first, second, third] = tests
  if (first === undefined) return constantOf(!deciding)
  if (second === undefined) return testing(first)
  if (third === undefined) {
    return testing(
      deciding
        ? (request) => first(request) || second(request)
        : (request) => first(request) && second(request),
    )
  }
  return testing((request) => {
    for (const test of tests) if (test(request) === deciding) return deciding
    return !deciding
  })
}

const compileNot: CompileNode = (content, compile) => {
  const code = compile(membersOf(content, '!', ['arg']).arg)
  if (typeof code.constant === 'boolean') return constantOf(!code.constant)
  const test = asTest(code, '!')
  return testing((request) => !test(request))
}

const compileIf: CompileNode = (content, compile) => {
  const parts = membersOf(content, 'if', ['if', 'then', 'else'])
  const [guard, yes, no] = [compile(parts.if), compile(parts.then), compile(parts.else)]
  if (typeof guard.constant === 'boolean') return guard.constant ? yes : no
  const test = asTest(guard, 'if')
  const [yesTest, noTest] = [yes.test, no.test]
  if (yesTest !== undefined && noTest !== undefined) {
    return testing((request) => (test(request) ? yesTest(request) : noTest(request)))
  }
  return { run: (request) => (test(request) ? yes.run(request) : no.run(request)) }
}

export const logicNodes: { readonly [key: string]: CompileNode } = {
  '&&': compileChain('&&', false),
  '||': compileChain('||', true),
  '!': compileNot,
  'if-then-else': compileIf,
}
