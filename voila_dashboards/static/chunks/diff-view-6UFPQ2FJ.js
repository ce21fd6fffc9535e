import{Fa as o,j as r}from"./chunk-4K3URXBC.js";function d(e){return/^(\+\+\+|---|@@|diff |index |\*\*\* )/.test(e)?"place":e.startsWith("+")?"added":e.startsWith("-")?"removed":"same"}var f=2e4,c=400;function p({text:e,plain:s}){let n=e.split(`
`,f+1),t=n.length<=f?u(n):[];return!t.length||t.length>c?s:r(o,{children:t.map(({kind:i,text:l},a)=>r("span",{class:`cl-diff-${i}`,children:l},a))})}function u(e){let s=[];for(let n of e){let t=d(n),i=s.at(-1);i?.kind===t?i.lines.push(n):s.push({kind:t,lines:[n]})}return s.map(({kind:n,lines:t})=>({kind:n,text:`${t.join(`
`)}
`}))}export{p as default};
