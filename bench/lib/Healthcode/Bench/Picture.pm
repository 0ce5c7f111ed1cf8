# docs/benchmarks.svg: bars of added CPU time with their spread, on a scale of
# powers of ten; readable on white and on black.  Knows no servers.
# util/bench_report.pl writes it.

package Healthcode::Bench::Picture;

use strict;
use warnings;

use Healthcode::Bench::Report qw(words);

my ($LEFT, $WIDTH, $RIGHT, $TOP, $STEP, $BAR) = (300, 480, 90, 64, 20, 12);
my ($LEAST, $MOST) = (-1, 3);   # powers of ten, us


sub _x {
    my ($us) = @_;
    my $log = $us > 10 ** $LEAST ? log($us) / log(10) : $LEAST;
    $log = $MOST if $log > $MOST;
    return sprintf '%.1f', $LEFT + $WIDTH * ($log - $LEAST) / ($MOST - $LEAST);
}


sub _text {
    my ($x, $y, $class, $text) = @_;
    $text =~ s/&/&amp;/g;
    $text =~ s/</&lt;/g;
    return qq{<text x="$x" y="$y" class="$class">$text</text>\n};
}


sub _kind {
    my ($row) = @_;
    return 'bare' if $row->{bare};
    return 'other' if !$row->{codes};
    return $row->{codes};
}


sub _bar {
    my ($row, $y) = @_;
    my ($added, $low, $high) = @{ $row->{added} };
    my $middle = $y + $BAR / 2;
    my ($from, $to) = (_x(0), _x($added));
    my ($a, $b) = (_x($low), _x($high));
    my $beside = $b > $to ? $b : $to;
    return _text($LEFT - 8, $y + 10, 'name', words($row))
        . sprintf(qq{<rect x="%s" y="%s" width="%.1f" height="%d" class="%s"/>\n},
                  $from, $y, $to - $from, $BAR, _kind($row))
        . qq{<path d="M$a ${middle}H$b" class="spread"/>\n}
        . _text($beside + 6, $y + 10, 'value', sprintf '%.*f', $added < 10 ? 2 : 1, $added);
}


sub of {
    my ($result) = @_;
    my @rows = grep { ($_->{count} // 10_000) == 10_000 } @{ $result->{rows} };
    my $bottom = $TOP + $STEP * @rows;
    my ($width, $height) = ($LEFT + $WIDTH + $RIGHT, $bottom + 44);
    my $svg = <<"END";
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width"
 height="$height" role="img" aria-label="added CPU time a request, microseconds">
<style>
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-size: 14px; font-weight: bold }
.name { text-anchor: end }
.tick { text-anchor: middle }
.grid { stroke: #8b949e; stroke-opacity: .35 }
.spread { stroke: #57606a; stroke-width: 2 }
.bare { fill: #8b949e }
.other { fill: #d9822b }
.cold { fill: #3b82c4 }
.warm { fill: #2f9e6e }
\@media (prefers-color-scheme: dark) {
  text { fill: #c9d1d9 }
  .spread { stroke: #c9d1d9 }
}
</style>
END
    $svg .= _text(8, 22, 'title', 'nginx CPU time that a request costs more than the same '
                  . 'request alone, microseconds');
    my $x = $LEFT;
    for my $kind ([ other => 'without the module' ], [ cold => 'module, cold code' ],
                  [ warm => 'module, warm code' ], [ bare => 'OpenSSL alone' ])
    {
        $svg .= qq{<rect x="$x" y="34" width="$BAR" height="$BAR" class="$kind->[0]"/>\n}
            . _text($x + 16, 44, 'key', $kind->[1]);
        $x += 140;
    }
    for my $power ($LEAST .. $MOST) {
        my $at = _x(10 ** $power);
        $svg .= qq{<path d="M$at ${\ ($TOP - 6)}V$bottom" class="grid"/>\n}
            . _text($at, $bottom + 16, 'tick', 10 ** $power);
    }
    $svg .= _text($LEFT + $WIDTH / 2, $bottom + 34, 'tick',
                  'each line ten times the one before; the thin line is the spread');
    my $y = $TOP;
    for my $row (@rows) {
        $svg .= _bar($row, $y);
        $y += $STEP;
    }
    return "$svg</svg>\n";
}

1;
