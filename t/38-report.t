# `healthcode report`: a gate's day, from the log of a real gate or from two
# scrapes; its sums are those of the counters.  As text, CSV and HTML.
# docs/monitoring/log.md, "A gate's day".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Nginx;
use Healthcode::Process;

my $f = Healthcode::Fixture->new;
my $COMMAND = "$Healthcode::Fixture::BUILD/healthcode";
my ($status, $out, $err);

delete @ENV{qw(LC_ALL LC_MESSAGES LANG)};

# Zones that are written out, so that no file of zones counts.
our $ZONE  = 'CST-8';           # of Shanghai
my $BERLIN = 'CET-1CEST,M3.5.0,M10.5.0/3';
my $DAY    = 1795968000;        # 2026-11-30 in Shanghai


# Runs `healthcode report ARGS`, with a file as its standard input, in a zone.
sub report_from {
    my ($in, $zone, @args) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $ENV{TZ} = $zone;
        open STDIN, '<', $in or POSIX::_exit(126);
        open STDOUT, '>', $f->path('out') or POSIX::_exit(126);
        open STDERR, '>', $f->path('err') or POSIX::_exit(126);
        { exec $COMMAND, 'report', @args }
        POSIX::_exit(127);
    }
    waitpid $pid, 0;
    $status = $? & 127 ? "signal $?" : $? >> 8;
    ($out, $err) = map { $f->read($_) } qw(out err);
    return $status;
}

sub report { return report_from('/dev/null', $ZONE, @_) }


# One line of a log; what it does not name is of an honest code.
sub line {
    my ($time, %more) = @_;
    my %all = (gate => 'hall', server => '-', issuer => 'national',
               verdict => 'allow', reason => 'ok', kid => 'a', lookup_ms => 0.4,
               code => undef, holder => undef, %more);
    return JSON::PP->new->utf8->canonical->encode({ time => $time, %all }) . "\n";
}


# CSV (RFC 4180), read by its rules: a list of rows.
sub csv {
    my ($text) = @_;
    my @rows;
    while (length $text) {
        my (@row, $end);
        do {
            $text =~ s/\A(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)//
                or die "no CSV: $text";
            (my $cell, $end) = ($1 // $2, $3);
            $cell =~ s/""/"/g;
            push @row, $cell;
        } while ($end eq ',');
        push @rows, \@row;
    }
    return \@rows;
}

# section => { name => { column => N } }
sub sections {
    my ($head, @rows) = @{ csv($_[0]) };
    my %sections;
    for my $row (@rows) {
        @{ $sections{ $row->[0] }{ $row->[1] } }{ @$head[2 .. $#$head] }
            = @$row[2 .. $#$row];
    }
    return \%sections;
}

# Of some rows one column.
sub sum {
    my ($rows, $column) = @_;
    my $sum = 0;
    $sum += $_->{$column} for values %$rows;
    return $sum;
}

my @verdicts = qw(allow deny overruled none audit_allow audit_deny audit_none);


# ---- a day of a real gate ----

my $site = $f->path('site');
my $alice = $f->code('ALICE');
my $bob = $f->code('BOB');
my $carol = $f->code('CAROL');
my $forged = substr($alice, 0, -8) . 'AAAAAAAA';
$f->redis->cmd('HSET', $f->risk('bob'),
               'confirmed', 0);

sub gate {
    return Healthcode::Nginx->new(module => $f->module, workers => 2,
                                  http => $f->http_conf . <<"END");
log_format line escape=none '\$healthcode_json';
access_log {{ROOT}}/logs/gate.json line if=\$healthcode_json;
access_log {{ROOT}}/logs/mixed.log line if=\$healthcode_json;
access_log {{ROOT}}/logs/mixed.log;
server {
    listen unix:{{SOCK}};
    server_name gate.example;
    location /alive { access_log off; return 204; }
    location /status { access_log off; healthcode_status json; }
    location /plain { alias $site/passed; }
    location /hall { healthcode on; healthcode_name hall; alias $site/passed; }
    location /door { healthcode on; healthcode_name '=door, "east"';
                     alias $site/passed; }
    location /audit { healthcode audit; alias $site/passed; }
    location /any { satisfy any; healthcode on; allow all;
                    alias $site/passed; }
}
END
}

sub scrape {
    my ($nginx, $name) = @_;
    return $f->write($name, get($nginx->sock, '/status', [])->{body});
}

# "GATE" => N and so on of a scrape, by a label.
sub counted {
    my ($file, $label) = @_;
    my %sum;
    $sum{ $_->{$label} } += $_->{count}
        for @{ JSON::PP->new->utf8->decode($f->read($file))->{requests} };
    return \%sum;
}

my ($log, $total) = ('', 0);
{
    my $nginx = gate()->start;
    my @asked = map { ([ '/hall', $alice ], [ '/hall' ], [ '/hall', $bob ],
                       [ '/hall', $forged ], [ '/door', $carol ],
                       [ '/door', 'abc' ], [ '/audit', $bob ],
                       [ '/audit', $alice ], [ '/any', $bob ],
                       [ '/plain', $alice ]) } 1 .. 12;
    get($nginx->sock, $_->[0], [ $_->[1] ? "Authorization: Bearer $_->[1]" : () ])
        for @asked;
    $total = 9 * 12;
    for (1 .. 250) {
        $log = $f->read($nginx->root . '/logs/gate.json');
        last if $log =~ tr/\n// >= $total;
        sleep 0.02;
    }
    is($log =~ tr/\n//, $total, 'each request of a gate has a line');
    scrape($nginx, 'evening');
    my $mixed = $f->read($nginx->root . '/logs/mixed.log');
    is($nginx->stop, 0, 'the gate ends');

    # the requests of some seconds become those of a day
    my ($i, $k) = (0, 0);
    my %hours;
    my $spread = sub {
        my ($n) = @_;
        my $t = $DAY + int($n * 86399 / ($total - 1));
        return $t . '.5';
    };
    $hours{ int(($spread->($_) - $DAY) / 3600) }++ for 0 .. $total - 1;
    $log =~ s/^\{"time":[\d.]+/'{"time":' . $spread->($i++)/gme;
    $mixed =~ s/^\{"time":[\d.]+/'{"time":' . $spread->($k++)/gme;
    $f->write('day.json', $log);
    $f->write('mixed.log', $mixed);

    is(report('--csv', '--day', '2026-11-30', $f->path('day.json')), 0,
       'the report of a simulated day');
    is($err, '', 'has nothing to remark upon');
    my $sections = sections($out);
    is(join(' ', sort keys %$sections), 'gate hour issuer lines reason total',
       'its sections');
    is($sections->{total}{''}{requests}, $total, 'all requests are in it');
    for my $case ([ 'gate' => { '\'=door, "east"' => '=door, "east"' } ],
                  [ 'issuer' => { '(none)' => '-' } ], [ 'reason' => {} ])
    {
        my ($label, $rename) = @$case;
        is_deeply({ map { ($rename->{$_} // $_
                           => $sections->{$label}{$_}{requests}) }
                    keys %{ $sections->{$label} } }, counted('evening', $label),
                  "its sums are those of the counters, by $label");
    }
    is_deeply({ map { $sections->{total}{''}{$_} ? ($_ => $sections->{total}{''}{$_})
                          : () } @verdicts },
              counted('evening', 'verdict'), 'and by verdict');
    for my $section (qw(hour issuer reason gate)) {
        is(join(' ', map { sum($sections->{$section}, $_) } 'requests', @verdicts),
           join(' ', map { $sections->{total}{''}{$_} } 'requests', @verdicts),
           "the rows of $section add up to the total");
    }
    is_deeply({ map { /T(\d\d):00:00\+08:00$/ ? ($1 + 0 =>
                      $sections->{hour}{$_}{requests}) : ($_ => 'wrong') }
                keys %{ $sections->{hour} } }, { map { ($_ => $hours{$_} || 0) } 0 .. 23 },
              'each hour has its own');

    my $first = $out;
    is(report_from($f->path('day.json'), $ZONE, '--csv', '--day',
                   '2026-11-30'), 0, 'from standard input');
    is($out, $first, 'it is the same');
    $f->write('half-1', join '', (split /^/, $log)[0 .. 49]);
    $f->write('half-2', join '', (split /^/, $log)[50 .. $total - 1]);
    is(report('--csv', '--day', '2026-11-30', $f->path('half-2'),
              $f->path('half-1')), 0, 'from two files');
    is($out, $first, 'likewise');

    is(report('--csv', '--day=2026-11-30', $f->path('mixed.log')), 0,
       'a log with other lines between');
    like($err, qr/^healthcode report: warning: lines that were passed over: 120 of another kind, 0 too long$/,
         'which are counted');
    my $lines = sections($out);
    is($lines->{lines}{'another kind'}{requests}, 120, 'in the report as well');
    delete $_->{lines} for $lines, my $whole = sections($first);
    is_deeply($lines, $whole, 'and change nothing');

    is(report('--csv', '--gate', '=door, "east"', '--day', '2026-11-30',
              $f->path('day.json')), 0, 'one gate');
    $sections = sections($out);
    is($sections->{total}{''}{requests}, 24, 'has its requests alone');
    is_deeply([ sort keys %{ $sections->{reason} } ], [ 'malformed', 'ok' ],
              'its reasons');
    is($sections->{lines}{'other gates'}{requests}, $total - 24,
       'those of others are counted');

    # text
    is(report('--day', '2026-11-30', $f->path('day.json')), 0, 'as text');
    my @totals = $out =~ /^Total +(.+)$/mg;
    is(scalar @totals, 4, 'each table ends with a total');
    is(scalar(grep { $_ ne $totals[0] } @totals), 0, 'all of them are the same');
    like($totals[0], qr/^108 +24 +48 +12 +0 +24$/, 'requests, allowed, refused, '
         . 'overruled, no verdict, audited');
    like($out, qr/^Day +2026-11-30 \(2026-11-30T00:00:00\+08:00 - 2026-12-01T00:00:00\+08:00\)$/m,
         'the day');
    like($out, qr/^signature: The signature of the code does not hold$/m,
         'what a reason means');
    is(scalar(grep { length > 100 } grep { !/: / } split /\n/, $out), 0,
       'no table is wider than 100 columns');

    # two scrapes
    my $empty = $f->write('morning', $f->read('evening')
                          =~ s/"requests":\[.*\]/"requests":[]/sr);
    is(report('--csv', '--from', $empty, '--to', $f->path('evening')), 0,
       'two scrapes, the first of which has nothing');
    is($err, '', 'have nothing to remark upon');
    $sections = sections($out);
    delete @$whole{qw(hour)};
    is_deeply($sections, $whole, 'and are the same report, without hours');

    # one that is twice the other
    my $json = JSON::PP->new->utf8->decode($f->read('evening'));
    $_->{count} *= 3 for @{ $json->{requests} };
    push @{ $json->{requests} }, { gate => 'new', server => '-', issuer => '-',
                                   verdict => 'none', reason => 'aborted',
                                   count => 5 };
    $f->write('night', JSON::PP->new->utf8->encode($json));
    is(report('--csv', '--from', $f->path('evening'), '--to', $f->path('night')),
       0, 'two scrapes with something in both');
    is_deeply({ map { ($_ => sections($out)->{gate}{$_}{requests}) }
                keys %{ sections($out)->{gate} } },
              { hall => 96, '\'=door, "east"' => 48, '/audit' => 48, '/any' => 24,
                new => 5 }, 'what came between them counts');
    is(report('--csv', '--gate', 'hall', '--from', $f->path('evening'), '--to',
              $f->path('night')), 0, 'of one gate');
    is(sections($out)->{total}{''}{requests}, 96, 'alone');

    # counters that began anew
    $nginx = gate()->start;
    get($nginx->sock, '/hall', [ "Authorization: Bearer $alice" ]) for 1 .. 3;
    sleep 0.2;
    scrape($nginx, 'restarted');
    $nginx->stop;
    for my $case ([ 'night', 'restarted', 'nginx started anew' ],
                  [ 'night', 'evening', 'a counter has less than before' ])
    {
        my ($from, $to, $what) = @$case;
        is(report('--csv', '--from', $f->path($from), '--to', $f->path($to)), 0, $what);
        like($err, qr/^healthcode report: warning: counters began anew between --from and --to; what was counted before that is missing$/,
             'that is said');
        is_deeply(sections($out)->{total}{''}{requests},
                  $to eq 'restarted' ? 3 : $total, 'nothing is subtracted');
        report('--from', $f->path($from), '--to', $f->path($to));
        like($out, qr/^Gate report for a period$/m, 'the text is of a period');
        like($out, qr/The counters began anew in between \(20\d\d-/, 'also in the text');
        report('--lang', 'zh', '--from', $f->path($from), '--to', $f->path($to));
        like($out, qr/两次读数。其间/, 'in Chinese with the full stop that it has');
        like($out, qr/^门禁时段报告$/m, 'and of no day');
    }
    is(report('--from', $f->path('night'), '--to', $f->path('night')), 1,
       'two scrapes that are the same');
    like($err, qr/no request was counted in between/, 'have no report');
}


# ---- days on which clocks change ----

for my $case (
    [ $BERLIN, '2026-03-29', 1774738800, 23 ],
    [ $BERLIN, '2026-10-25', 1792879200, 25 ],
    [ $BERLIN, '2026-10-26', 1792969200, 24 ],
    [ 'UTC0', '2024-02-29', 1709164800, 24 ])
{
    my ($zone, $day, $start, $hours) = @$case;
    my $n = 0;
    $f->write('dst', join '', line($start - 0.001), line($start + $hours * 3600),
        map { line($start + $_ * 600 + 0.999) } 0 .. $hours * 6 - 1);
    is(report_from('/dev/null', $zone, '--csv', '--day', $day, $f->path('dst')), 0,
       "$day in $zone");
    my @hours = map { $_->[2] } grep { $_->[0] eq 'hour' } @{ csv($out) };
    is("@hours", join(' ', (6) x $hours), "has $hours hours, each with its lines");
    is(sections($out)->{lines}{'other days'}{requests}, 2,
       'the day before and the day after are others');
    report_from('/dev/null', $zone, '--day', $day, $f->path('dst'));
    is(scalar(() = $out =~ /^\d\d:00/mg), $hours, 'as text too');
    is(scalar(() = $out =~ /^02:00\+0[12]:00 /mg), { 23 => 0, 25 => 2, 24 => 0 }->{$hours},
       'an hour that comes twice is two rows') if $hours != 24;
}

{
    my $now = int time;
    $f->write('today', line($now) . line($now - 200 * 86400));
    is(report_from($f->path('today'), 'UTC0', '--csv'), 0, 'today by default');
    is(sections($out)->{total}{''}{requests}, 1, 'and no other day');
}


# ---- what is not there, or wrong ----

my $day = $f->path('day.json');
my @given = ('--day', '2026-11-30', $day);
mkdir $f->path('folder');
$f->write('no.json', "{\n");
$f->write('other.json', '{"schema":1,"keys":[]}');
$f->write('schema.json', '{"schema":2,"requests":[]}');
my %series = (gate => 'a', server => '-', issuer => '-', verdict => 'allow',
              reason => 'ok', count => 1);
my $answer = sub {
    my ($name, @series) = @_;
    my ($time) = map { ref ? () : $_ } @series;
    return $f->write($name, JSON::PP->new->utf8->encode({ schema => 1,
        counting_since => 7, ($time ? (time => $time) : ()),
        requests => [ grep { ref } @series ] }));
};
$answer->('good.json', \%series);
for my $case (
    [ 2, qr/--day: invalid day "30\.11\.2026"; write it as 2026-03-01/, '--day', '30.11.2026', $day ],
    [ 2, qr/--day: invalid day "2026-02-29"/, '--day', '2026-02-29', $day ],
    [ 2, qr/--csv and --html are two reports/, '--csv', '--html', @given ],
    [ 2, qr/--lang: unknown language "fr"; write en or zh/, '--lang', 'fr', @given ],
    [ 2, qr/--from and --to belong together/, '--from', $day ],
    [ 2, qr/--from and --to belong together/, '--to', $day ],
    [ 2, qr/--day is for logs/, '--from', $day, '--to', $day, '--day', '2026-11-30' ],
    [ 2, qr/FILE is for logs/, '--from', $day, '--to', $day, $day ],
    [ 2, qr/unknown option --colour/, '--colour', 'red', @given ],
    [ 3, qr/FILE: cannot open "\S+nowhere": No such file/, $f->path('nowhere') ],
    [ 3, qr/FILE: cannot read "\S+folder": Is a directory/, @given, $f->path('folder') ],
    [ 3, qr/--from: .*nowhere/, '--from', $f->path('nowhere'), '--to', $day ],
    [ 2, qr/--from is later than --to; write the older scrape as --from/,
      '--from', $answer->('late.json', 1000, \%series), '--to', $answer->('early.json', 900, \%series) ],
    (map { [ 3, qr/--to: "\S+" is not an answer of healthcode_status json of schema 1/,
             '--from', $f->path('good.json'), '--to', $_ ] }
     map { $f->path($_) } 'no.json', 'other.json', 'schema.json'),
    (map { [ 3, qr/--to: "\S+" is not an answer of healthcode_status json of schema 1/,
             '--from', $f->path('good.json'), '--to', $answer->(@$_) ] }
     [ 'negative.json', { %series, count => -1 } ],
     [ 'huge.json', { %series, count => 1e17 } ],
     [ 'text.json', { %series, gate => [] } ],
     [ 'verdict.json', { %series, verdict => 'maybe' } ],
     [ 'twice.json', \%series, { %series, count => 2 } ]),
    [ 1, qr/no line is of 2026-12-24; lines of other days: 108, from 2026-11-30 to 2026-11-30; choose one by --day/,
      '--day', '2026-12-24', $day ],
    [ 1, qr/no request came to gate "nobody"; 108 came to other gates/, '--gate', 'nobody', @given ],
    [ 1, qr/no line is a request of a gate; .*lines of another kind: 1\)/, $f->path('no.json') ],
    [ 1, qr/no line is a request of a gate/, '-' ])
{
    my ($expected, $says, @args) = @$case;
    report(@args);
    is($status, $expected, "report @args: exit $expected") or diag("$out$err");
    like($err, qr/^healthcode report: .*$says/m, 'it says why');
    is($out, '', 'and prints no report');
}


# ---- counters that began anew, each sign of it alone ----

for my $case (
    [ 'none', 7, [ 5, 5 ], 7, [ 9, 5 ], 4 ],
    [ 'counting began later', 7, [ 5, 5 ], 8, [ 9, 6 ], 15 ],
    [ 'a counter has less', 7, [ 5, 5 ], 7, [ 9, 4 ], 13 ],
    [ 'a counter is gone', 7, [ 5, 5 ], 7, [ 9 ], 9 ],
    [ 'a counter of nothing is gone', 7, [ 5, 0 ], 7, [ 9 ], 4 ],
    [ 'it is unknown since when', undef, [ 5, 5 ], undef, [ 9, 5 ], 4 ])
{
    my ($what, @of) = @$case;
    my $n = pop @of;
    for my $name ('first', 'second') {
        my ($since, $counts) = splice @of, 0, 2;
        my $i = 0;
        $f->write($name, JSON::PP->new->utf8->encode({ schema => 1,
            counting_since => $since, requests => [
                map { +{ %series, gate => 'g' . $i++, count => $_ } } @$counts ] }));
    }
    is(report('--csv', '--from', $f->path('first'), '--to', $f->path('second')), 0,
       "counters began anew: $what");
    is(sections($out)->{total}{''}{requests}, $n, "$n requests");
    is($err =~ /began anew/ ? 1 : 0, $n > 4 ? 1 : 0, 'which is said if they did');
}


# ---- lines and names of any kind ----

{
    my $long = line($DAY + 1, gate => 'x' x 70000);
    my $evil = qq(=cmd|' /C calc'!A0);
    my @names = ($evil, '+1', '@SUM(A1)', "-2+3", "\ttab", qq(a"b,c), '<b>&"\'',
                 "\x{202e}txt", "\x{95e8}", '-', '');
    $f->write('odd', join '', $long, "\n", "null\n", "[]\n", "{}\n", "\0\xff\n",
              line($DAY + 1, verdict => 'maybe'), line('soon'),
              (map { line($DAY + 1, gate => $_, issuer => $_) } @names),
              line($DAY + 1) =~ s/.{20}\n\z//r);
    is(report('--csv', '--day', '2026-11-30', $f->path('odd')), 0, 'odd lines');
    like($err, qr/passed over: 8 of another kind, 1 too long/, 'are counted');
    my $rows = csv($out);
    is(scalar(grep { @$_ != 10 } @$rows), 0, 'CSV: each row has all cells');
    is(scalar(grep { /[^\r]\n|\r[^\n]/ } $out =~ s/"(?:[^"]|"")*"//gr), 0,
       'CSV: each line ends with CR and LF');
    is(scalar(grep { /^[=+\-@\t\r]/ } map { @$_ } @$rows), 0,
       'CSV: no cell is a formula');
    my %names = map { ($_->[1] => 1) } grep { $_->[0] eq 'gate' } @$rows;
    utf8::encode($_) for @names;
    is_deeply([ sort keys %names ],
              [ sort map { $_ eq '-' ? '(none)' : /^[=+\-@\t]/ ? "'$_" : $_ } @names ],
              'CSV: each name is there');

    report('--day', '2026-11-30', $f->path('odd'));
    like($out, qr/^\\xe2\\x80\\xaetxt +1/m, 'text: what would mislead is escaped');
    unlike($out, qr/\xe2\x80\xae|[\x00-\x09\x0b-\x1f]/, 'and nowhere as it is');

    # more names than a report has rows for
    $f->write('many', join '', map { line($DAY + $_, gate => "g$_",
        issuer => "i" . $_ % 300, reason => "r$_") } 1 .. 1000);
    is(report('--csv', '--day', '2026-11-30', $f->path('many')), 0, 'many names');
    my $sections = sections($out);
    for my $section (qw(gate issuer reason)) {
        is(scalar(keys %{ $sections->{$section} }), 201,
           "$section has 200 rows, and one of the others");
        is(sum($sections->{$section}, 'requests'), 1000, 'which add up');
    }
}

{
    my $size = 120 * 1024 * 1024;
    my $line = line($DAY + 4);
    my $n = int($size / length $line);
    my $process = Healthcode::Process->spawn([ 'sh', '-c',
        'perl -e \'print $ARGV[0] for 1 .. $ARGV[1]\' "$1" "$2" | (ulimit -v 40000; '
        . 'TZ=CST-8 exec "$0" report --csv --day 2026-11-30)', $COMMAND, $line, $n ]);
    is($process->wait(120), 0, 'a stream of 120 MB, in 40 MB of memory');
    like($process->output, qr/^total,"",$n,/m, 'is read to its end');
}


# ---- a page ----

my $page = sub {
    my ($name, @args) = @_;
    report('--html', @args);
    is($status, 0, "$name: a page") or diag($err);
    my $text = $out;
    my $file = $f->write('page.html', $text);
    my $xml = Healthcode::Process->spawn([ 'xmllint', '--noout', $file ]);
    is($xml->wait(20) . $xml->output, '0', "$name: it is well-formed");
    unlike($text, qr{<script|<link|src=|href=|url\(|https?:}, 'and needs no other file');
    SKIP: {
        chomp(my $chromium = `sh -c 'command -v chromium'` || '');
        skip 'chromium is not installed', 1 if !$chromium;
        my $pdf = $f->path('page.pdf');
        my $print = Healthcode::Process->spawn([ $chromium, '--headless',
            '--no-sandbox', '--disable-gpu', "--user-data-dir=${\ $f->path('chromium')}",
            '--no-pdf-header-footer', "--print-to-pdf=$pdf", $file ]);
        $print->wait(60);
        is(scalar(() = $f->read($pdf) =~ m{/Type\s*/Page\b}g), 1,
           "$name: it prints on one sheet");
    }
    return $text;
};

{
    my $text = $page->('a day', @given);
    like($text, qr/^<html lang="en">$/m, 'it says its language');
    like($text, qr{<th scope="row">=door, &quot;east&quot;</th><td>24</td>},
         'its rows');
    is(scalar(() = $text =~ m{<tfoot><tr><th scope="row">Total</th><td>108</td><td>24</td><td>48</td><td>12</td><td>0</td><td>24</td></tr></tfoot>}g),
       4, 'its totals');
    unlike($page->('odd names', '--day', '2026-11-30', $f->path('odd')),
           qr/<b>&"|\xe2\x80\xae/, 'names are escaped');

    my @words = $f->read("$Healthcode::Fixture::ROOT/docs/request-path.md")
        =~ /^\| `(\w+)` \| \d+ \|/mg;
    cmp_ok(scalar @words, '>', 30, 'all reasons');
    my $name = "\x{533b}\x{9662}\x{95e8}\x{8bca}\x{5927}\x{697c}" x 4;
    my $i = 0;
    $f->write('full', join '', map { my $t = $_;
        map { line(1792879200 + $t * 60, reason => $_, gate => $name . $i++ % 30,
                   issuer => "an-issuer-with-a-very-long-name-" . $i % 30,
                   verdict => $verdicts[ $i % 7 ]) } @words } 0 .. 1499);
    for my $lang ('en', 'zh') {
        local $ENV{LC_ALL} = $lang eq 'zh' ? 'zh_CN.UTF-8' : 'C.UTF-8';
        local $ZONE = $BERLIN;
        $text = $page->("as much as there may be, $lang", '--day', '2026-10-25',
                        $f->path('full'));
        my $n = 1500 * @words;
        is(scalar(() = $text =~ m{<tfoot>.*?</th><td>$n</td>}g), 4, 'and it adds up');
    }
    like($text, qr/^<html lang="zh-CN">$/m, 'LC_ALL chooses the language');
    like($text, qr{<h1>门禁日报</h1>}, 'of its words');
    like($text, qr{<caption>按小时</caption>}, 'of all of them');
    report('--lang', 'zh', @given);
    my ($title) = $out =~ /^signature: (.+)$/m;
    unlike($title // 'signature', qr/[A-Za-z]/, 'of the reasons as well');
}

{
    local $ENV{LANG} = 'zh_CN.UTF-8';
    report(@given);
    like($out, qr/^门禁日报$/m, 'LANG as well');
    report('--lang', 'en', @given);
    like($out, qr/^Gate report$/m, '--lang comes first');
    local $ENV{LC_ALL} = 'C';
    report(@given);
    like($out, qr/^Gate report$/m, 'then LC_ALL');
    report('--lang=zh', @given);
    like($out, qr/^合计 +108 /m, 'text in Chinese');
}

done_testing;
