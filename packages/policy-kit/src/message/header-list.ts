import { type FieldNames, isReadAlike, isSameName } from './field-names.ts'

/**
 * Header fields in the order and spelling of the wire, as a flat list of names and values: the form in which they
 * arrive and leave. Look-ups compare names without regard to case and build nothing.
 */
export class HeaderList {
  readonly #flat: string[]

  constructor(flat: string[] = []) {
    this.#flat = flat
  }

  static of(fields: Readonly<Record<string, string>>): HeaderList {
    return new HeaderList(Object.entries(fields).flat())
  }

  /** The first value of a field; `name` in lower case. */
  get(name: string): string | undefined {
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (isSameName(this.#flat[i] as string, name)) return this.#flat[i + 1]
    }
    return undefined
  }

  /** All values of a field that may come more than once; `name` in lower case. */
  all(name: string): string[] {
    const values: string[] = []
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (isSameName(this.#flat[i] as string, name)) values.push(this.#flat[i + 1] as string)
    }
    return values
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  append(name: string, value: string): void {
    this.#flat.push(name, value)
  }

  /** Replaces every field of this name, as any server may read it, by one. */
  set(name: string, value: string): void {
    this.remove(name)
    this.#flat.push(name, value)
  }

  /** Removes every field of this name, as any server may read it: with `_` for `-` too. */
  remove(name: string): void {
    // Most of the time there is none, and other names have another length: they are told apart at once.
    let i = 0
    while (i < this.#flat.length && !isReadAlike(this.#flat[i] as string, name)) i += 2
    if (i < this.#flat.length) this.removeIfSpelled((each) => isReadAlike(each, name))
  }

  /** Removes the fields whose name, in lower case, is one of those. */
  removeIf(unwanted: (lowerName: string) => boolean): void {
    this.removeIfSpelled((name) => unwanted(name.toLowerCase()))
  }

  /** Removes the fields whose name, as it was spelled, is one of those. */
  removeIfSpelled(unwanted: (name: string) => boolean): void {
    const flat = this.#flat
    let kept = 0
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] as string
      if (unwanted(name)) continue
      if (kept !== i) {
        flat[kept] = name
        flat[kept + 1] = flat[i + 1] as string
      }
      kept += 2
    }
    // A field or two at most are gone: to take them off one by one is cheaper than to set the length.
    while (flat.length > kept) flat.pop()
  }

  copy(): HeaderList {
    return new HeaderList(this.#flat.slice())
  }

  /** A copy without the fields of these names, as any server may read them. */
  copyWithout(names: FieldNames): HeaderList {
    const kept: string[] = []
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (!names.has(this.#flat[i] as string)) kept.push(this.#flat[i] as string, this.#flat[i + 1] as string)
    }
    return new HeaderList(kept)
  }

  /** Names and values in turn; not to be changed. */
  flat(): readonly string[] {
    return this.#flat
  }
}
