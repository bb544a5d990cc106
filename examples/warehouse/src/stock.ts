/** The warehouse itself: what is in stock and what was ordered. Kept in memory; a restart fills the shelves again. */
export interface Item {
  readonly id: string
  readonly title: string
  inStock: number
}

export interface Order {
  readonly id: string
  readonly item: string
  readonly quantity: number
  readonly orderedBy: string
}

export type OrderResult = { readonly order: Order } | { readonly problem: 'unknown-item' | 'out-of-stock' }

export class Warehouse {
  readonly #items = new Map<string, Item>(
    [
      { id: 'rice-10kg', title: 'Rice, 10 kg', inStock: 120 },
      { id: 'kimchi-1kg', title: 'Kimchi, 1 kg', inStock: 45 },
      { id: 'seaweed-100', title: 'Roasted seaweed, 100 sheets', inStock: 300 },
      { id: 'soy-sauce-1l', title: 'Soy sauce, 1 l', inStock: 80 },
    ].map((item) => [item.id, item]),
  )
  readonly #orders = new Map<string, Order>()

  items(): Item[] {
    return [...this.#items.values()]
  }

  item(id: string): Item | undefined {
    return this.#items.get(id)
  }

  order(id: string): Order | undefined {
    return this.#orders.get(id)
  }

  place(itemId: string, quantity: number, orderedBy: string): OrderResult {
    const item = this.#items.get(itemId)
    if (item === undefined) return { problem: 'unknown-item' }
    if (item.inStock < quantity) return { problem: 'out-of-stock' }
    item.inStock -= quantity
    const order = { id: `order-${this.#orders.size + 1}`, item: itemId, quantity, orderedBy }
    this.#orders.set(order.id, order)
    return { order }
  }
}
