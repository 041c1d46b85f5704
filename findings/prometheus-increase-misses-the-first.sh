#!/bin/sh
# A counter with labels appears when its first event happens, with the value 1. To
# Prometheus' increase() that is no growth: the first failure of each kind is 0, and the
# second one 1. A counter that was there with 0 before has 1 and 2.
# Guess: what was not there counts as 0, as it does after a reset.
# Hurts: alerts of the form increase(failures_total{kind="x"}[1h]) > 0, which are silent
# upon the first failure; exporters have to show 0 for what they know may come.
# Seen: promtool of prometheus 2.42.0+ds-5+deb12u1.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download prometheus=2.42.0+ds-5+deb12u1
dpkg -x prometheus_*.deb .

# A reset, from 5 to 1, is taken for growth by 1.
cat >test.yml <<'END'
tests:
- interval: 1m
  input_series:
  - {series: 'failures_total{kind="new"}',    values: '_x29 1x10 2x39'}
  - {series: 'failures_total{kind="from 0"}', values: '0x29 1x10 2x39'}
  - {series: 'failures_total{kind="reset"}',  values: '5x29 1x10 2x39'}
  promql_expr_test:
  - eval_time: 39m
    expr: round(increase(failures_total[39m])) > 0
    exp_samples:
    - {labels: '{kind="from 0"}', value: 1}
    - {labels: '{kind="reset"}', value: 1}
  - eval_time: 79m
    expr: round(increase(failures_total[79m])) > 0
    exp_samples:
    - {labels: '{kind="from 0"}', value: 2}
    - {labels: '{kind="reset"}', value: 2}
    - {labels: '{kind="new"}', value: 1}
END
usr/bin/promtool test rules test.yml || { echo 'this has changed' >&2; exit 1; }
echo 'the first failure of a new series is no increase, the second is one'
