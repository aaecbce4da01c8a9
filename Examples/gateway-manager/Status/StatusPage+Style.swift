extension StatusPage {
  /// The page's style: system fonts, colors by the reader's light or dark scheme, one column on a
  /// phone.
  static let style = """
    :root { --back: #f6f7f9; --card: #fff; --text: #1c2330; --dim: #5d6778; --line: #dde2ea;
      --good: #1a7f4b; --bad: #c0322f; --busy: #9a6700; --none: #6b7483; }
    @media (prefers-color-scheme: dark) { :root { --back: #12161d; --card: #1b212b; --text: #e6eaf1;
      --dim: #98a2b3; --line: #323b49; --good: #4cc38a; --bad: #ff7a75; --busy: #e2a93b; --none: #8b95a5; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--back); color: var(--text);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
    header, main { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
    header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between;
      gap: 0 1rem; padding-top: 1.5rem; }
    h1 { font-size: 1.5rem; margin: 0; }
    header p, .detail { color: var(--dim); }
    header p { margin: 0; }
    section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
      padding: 1rem 1.25rem; margin: 1rem 0; }
    section > h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem;
      background: none; border: 0; padding: 0; }
    .tile { background: var(--card); border: 1px solid var(--line); border-left: .3rem solid currentColor;
      border-radius: .75rem; padding: .75rem 1rem; min-width: 0; }
    .tile h2 { font-size: .85rem; font-weight: 600; color: var(--dim); margin: 0; }
    .tile .value { font-size: 1.4rem; font-weight: 600; margin: .1rem 0; }
    .tile .detail { font-size: .85rem; margin: 0; overflow-wrap: anywhere; }
    a { color: inherit; }
    .good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
    .none { color: var(--none); }
    .share { display: flex; gap: 2px; margin-bottom: .75rem; }
    .part { min-width: 2.5rem; flex-basis: 0; border-top: .5rem solid currentColor; font-size: .8rem;
      white-space: nowrap; overflow: hidden; text-overflow: ellipsis; padding-top: .2rem; }
    details { border-top: 1px solid var(--line); padding: .5rem 0; }
    summary { cursor: pointer; overflow-wrap: anywhere; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; margin-top: .5rem; font-size: .9rem; }
    th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line);
      vertical-align: top; white-space: nowrap; }
    th { color: var(--dim); font-weight: 600; }
    tr:last-child td { border-bottom: 0; }
    .certificate { border-top: 1px solid var(--line); padding: .75rem 0; }
    .certificate h3 { font-size: .95rem; margin: 0; }
    .certificate h3::first-letter { text-transform: uppercase; }
    .certificate p { margin: .1rem 0; overflow-wrap: anywhere; }
    .timeline { position: relative; margin: .6rem 0; padding-top: .75rem; }
    .timeline::before { content: ""; position: absolute; inset: 0 0 auto; height: .5rem; border-radius: .25rem;
      background: var(--line); }
    .over { position: absolute; top: 0; left: 0; height: .5rem; min-width: .25rem; border-radius: .25rem;
      background: currentColor; }
    .mark { position: absolute; top: -.15rem; width: .8rem; height: .8rem; margin-left: -.4rem;
      transform: rotate(45deg); background: var(--card); border: .15rem solid var(--text); }
    .timeline p { display: flex; justify-content: space-between; gap: .5rem; font-size: .8rem;
      color: var(--dim); }
    .timeline p span { white-space: nowrap; }
    ul { margin: .25rem 0; padding-left: 1.25rem; }
    .findings li { margin: .5rem 0; overflow-wrap: anywhere; }
    @media (max-width: 40rem) { header, main { padding-left: .75rem; padding-right: .75rem; }
      section { padding: .75rem; } .tiles { grid-template-columns: 1fr; gap: .5rem; } }
    """
}
