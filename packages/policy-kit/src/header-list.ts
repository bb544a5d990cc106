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
      if (isName(this.#flat[i] as string, name)) return this.#flat[i + 1]
    }
    return undefined
  }

  /** All values of a field that may come more than once; `name` in lower case. */
  all(name: string): string[] {
    return this.#flat.filter((_, i) => i % 2 === 1 && isName(this.#flat[i - 1] as string, name))
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  append(name: string, value: string): void {
    this.#flat.push(name, value)
  }

  /** Replaces every field of this name by one. */
  set(name: string, value: string): void {
    this.remove(name)
    this.#flat.push(name, value)
  }

  remove(name: string): void {
    const lower = name.toLowerCase()
    this.removeIf((each) => each === lower)
  }

  /** Removes the fields whose name, in lower case, is one of those. */
  removeIf(unwanted: (lowerName: string) => boolean): void {
    let kept = 0
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (unwanted((this.#flat[i] as string).toLowerCase())) continue
      this.#flat[kept++] = this.#flat[i] as string
      this.#flat[kept++] = this.#flat[i + 1] as string
    }
    this.#flat.length = kept
  }

  copy(): HeaderList {
    return new HeaderList(this.#flat.slice())
  }

  /** Names and values in turn; not to be changed. */
  flat(): readonly string[] {
    return this.#flat
  }
}

function isName(field: string, lower: string): boolean {
  return field.length === lower.length && (field === lower || field.toLowerCase() === lower)
}
