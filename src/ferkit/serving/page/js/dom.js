/** Small helpers for the document. */

/** Return the element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Make an element.
 * @param {string} tag
 * @param {object} properties Set on the element; `class`, `style`, `aria-*`, `data-*` and `role` as attributes and rules.
 * @param {...(Node|string|null|false)} children
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "class") node.className = value;
    else if (name === "style") setStyle(node, value);
    else if (name === "role" || name.includes("-")) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== false));
  return node;
}

/** Set rules one by one, which a strict content policy allows and a `style` attribute is not. */
export function setStyle(node, rules) {
  for (const [name, value] of Object.entries(rules)) node.style.setProperty(name, value);
}

/** Return an icon of the sprite in `index.html`. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  svg.setAttribute("class", "icon");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Return "1 face", "3 faces". */
export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}
