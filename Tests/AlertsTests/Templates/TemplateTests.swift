// Templates of labels and annotations, as Go and Prometheus carry them out.
import Alerts
import Metrics
import Testing

@Suite struct TemplateTests {
  private func expanded(_ text: String, value: Double = 1234.5678) throws -> String {
    let labels = Labels([
      Label("job", "api"), Label("instance", "host-1.example.com:8080"), Label("n", "1048576"),
    ])
    let data = TemplateData(
      labels: labels, value: value, externalLabels: Labels([Label("region", "eu")]),
      externalURL: "https://x.y/z",
      query: { (text) throws(TemplateError) in
        text == "none"
          ? []
          : [
            VectorElement(labels: Labels([Label("job", "b")]), value: 2),
            VectorElement(labels: Labels([Label("job", "a")]), value: 1),
          ]
      })
    return try Template(text).expanded(with: data)
  }

  @Test(
    "templates say what Go's say",
    arguments: [
      ("plain { text }", "plain { text }"), ("{{ $labels.job }}/{{ .Labels.job }}", "api/api"),
      ("{{ $labels.none }}", ""),
      ("{{ $value }} {{ .Value }}", "1234.5678 1234.5678"),
      ("{{ $externalLabels.region }} {{ $externalURL }}", "eu https://x.y/z"),
      ("{{ $value | humanize }}", "1.235k"), ("{{ humanize1024 $labels.n }}", "1Mi"),
      ("{{ humanizePercentage 0.1234 }}", "12.34%"),
      (
        "{{ humanizeDuration 3661 }} {{ humanizeDuration 0.0012 }} {{ humanizeDuration 93784 }} "
          + "{{ humanizeDuration 59.5 }}",
        "1h 1m 1s 1.2ms 1d 2h 3m 4s 59.5s"
      ),
      ("{{ humanizeTimestamp 1709210096.5 }}", "2024-02-29 12:34:56.5 +0000 UTC"),
      (
        "{{ printf \"%.2f|%6.1f|%-8s|%05d|%q|%e\" $value $value \"ab\" 42 \"c\" $value }}",
        "1234.57|1234.6|ab      |00042|\"c\"|1.234568e+03"
      ),
      ("{{ printf \"%d %s\" $value }}", "%!d(float64=1234.5678) %!s(MISSING)"),
      ("{{ printf \"%v\" $value | toUpper }}", "1234.5678"),
      ("{{ if gt $value 1000.0 }}high{{ else if gt $value 10.0 }}mid{{ else }}low{{ end }}", "high"),
      ("{{ if eq $labels.job \"web\" \"api\" }}y{{ else }}n{{ end }}", "y"),
      ("{{ if and true \"\" }}y{{ else }}n{{ end }}", "n"),
      ("{{ with $labels.none }}x{{ else }}without{{ end }}", "without"),
      ("{{ with $x := $labels.job }}{{ $x }}{{ . }}{{ end }}", "apiapi"),
      ("{{ range query \"q\" }}{{ .Labels.job }}={{ .Value }};{{ end }}", "b=2;a=1;"),
      (
        "{{ range $i, $e := query \"q\" | sortByLabel \"job\" }}{{ $i }}{{ label \"job\" $e }}"
          + "{{ value . }} {{ end }}",
        "0a1 1b2 "
      ),
      ("{{ query \"q\" | first | value }}", "2"), ("{{ (query \"q\" | first).Labels.job }}", "b"),
      ("{{ range query \"none\" }}x{{ else }}nobody{{ end }}", "nobody"),
      ("{{ range $k, $v := $labels }}{{ $k }} {{ end }}", "instance job n "),
      ("{{ $labels.job | title }} {{ toUpper \"a\" }} {{ toLower \"B\" }}", "Api A b"),
      ("{{ reReplaceAll \"a(.)i\" \"<$1>\" $labels.job }}", "<p>"),
      ("{{ if match \"^a\" $labels.job }}y{{ end }}", "y"),
      ("{{ stripPort $labels.instance }}", "host-1.example.com"),
      ("{{ stripDomain $labels.instance }}", "host-1:8080"), ("a {{- 1 -}} b", "a1b"),
      ("{{/* note */}}x{{- /* note */ -}} y", "xy"),
      ("{{ len (query \"q\") }} {{ len \"abc\" }} {{ index $labels \"job\" }}", "2 3 api"),
      ("{{ $x := 3 }}{{ $x = 4 }}{{ $x }}", "4"),
      (
        "{{ not true }} {{ 1.5 }} {{ 1000000.0 }} {{ 123456789.0 }} {{ 0.00001 }}",
        "false 1.5 1e+06 1.23456789e+08 1e-05"
      ),
      (
        "{{ printf \"%.3g\" 0.00001234 }} {{ print 1 2 \"a\" }} {{ parseDuration \"1h30m\" }}",
        "1.23e-05 1 2a 5400"
      ),
      ("{{ pathPrefix }} {{ graphLink \"up == 1\" }}", "/z /graph?g0.expr=up+%3D%3D+1&g0.tab=0"),
      ("{{ if false }}{{ else }}{{ if true }}z{{ end }}{{ end }}", "z"),
    ])
  func expands(text: String, expected: String) throws {
    #expect(try expanded(text) == expected)
  }

  @Test("numbers that are none print as Go prints them")
  func special() throws {
    #expect(
      try expanded("{{ $value | humanize }} {{ $value }} {{ printf \"%.1f\" $value }}", value: .nan)
        == "NaN NaN NaN")
    #expect(try expanded("{{ $value | humanizeDuration }}", value: .infinity) == "+Inf")
    #expect(
      try expanded("{{ $value | humanize }} {{ humanize 0.0000123 }} {{ humanize1024 -2048.0 }}", value: 0)
        == "0 12.3u -2ki")
  }

  @Test("an error while expanding stands in the text")
  func errors() throws {
    #expect(try expanded("{{ query \"none\" | first | value }}").hasPrefix("<error expanding template: "))
    #expect(try expanded("{{ if gt $value 1 }}{{ end }}").contains("incompatible types for comparison"))
    #expect(try expanded("{{ humanize \"x\" }}").contains("invalid syntax"))
    #expect(try expanded("{{ .Nope }}").contains("can't evaluate field Nope"))
  }

  @Test(
    "what is no template is refused with its place",
    arguments: [
      ("a {{ $lables.job }}", 5, "did you mean \"$labels\"?"),
      ("{{ humanise 1 }}", 3, "did you mean \"humanize\"?"),
      ("{{ if true }}", 0, nil), ("x {{ end }}", 2, nil), ("{{ \"a }}", 3, nil),
      ("{{ 1", 0, "close it with }}"),
      ("{{ }}", 0, nil), ("{{ 1 | 2 }}", 0, nil), ("{{ template \"x\" }}", 0, nil), ("{{ else }}", 0, nil),
      ("{{ (1 }}", 3, nil), ("{{ § }}", 3, nil), ("{{ if true }}{{ else foo }}{{ end }}", 13, nil),
      (String(repeating: "{{ if true }}", count: 3000), 643, nil),
      ("{{ \(String(repeating: "(", count: 5000)) }}", 52, nil),
    ] as [(String, Int, String?)])
  func refused(text: String, offset: Int, next: String?) {
    #expect {
      try Template(text)
    } throws: { error in
      let fault = error as? Template.Fault
      return fault?.offset == offset && (next == nil || fault?.next == next)
    }
  }
}
