# User instructions a request, by valgrind: an nginx of its own under callgrind
# answers N requests of a row, then 2 N; the difference is N without what comes
# once.  No noise touches it.  Knows no estimates.

package Healthcode::Bench::Callgrind;

use strict;
use warnings;

use Healthcode::Bench::Stand;

# What valgrind takes milliseconds for is asked less often.
my %REQUESTS = (ES256 => 300, EdDSA => 200, SGD_SM3_SM2 => 60);
my $REQUESTS = 1000;
my $CODES = 200;            # at most; all are seen before it counts


sub is_there { return system('valgrind --version > /dev/null 2>&1') == 0 }


# Instructions by object, of a file that callgrind wrote.
sub by_object {
    my ($file) = @_;
    my (%names, %sum, $object, $is_inclusive);
    open my $in, '<', $file or die "bench: $file: $!\n";
    while (my $line = readline $in) {
        if ($line =~ /^(c?)ob=\((\d+)\)(?: (.*))?/) {
            $names{$2} = $3 if defined $3;
            $object = $2 if !$1;
        }
        elsif ($line =~ /^calls=/) { $is_inclusive = 1 }
        elsif ($line =~ /^[-+*\d]\d* (\d+)$/) {
            $sum{$object} += $1 if !$is_inclusive;
            $is_inclusive = 0;
        }
    }
    my %result;
    $result{ $names{$_} // '' } += $sum{$_} for keys %sum;
    return %result;
}


sub _dump {
    my ($pid, $out, $n) = @_;
    Healthcode::Bench::Stand::run(60, 'callgrind_control', '-d', $pid);
    my %of = by_object("$out.$n");
    unlink "$out.$n";
    my ($total, $crypto) = (0, 0);
    for my $object (keys %of) {
        $total += $of{$object};
        $crypto += $of{$object} if $object =~ /libcrypto/;
    }
    return ($total, $crypto);
}


# measure($stand, $rows, $connections): name => { all, crypto } a request.
sub measure {
    my ($stand, $rows, $connections) = @_;
    my $port = Healthcode::Bench::Stand::free_port();
    my $out = $stand->path('callgrind');
    my $pid = $stand->start_nginx('counted', 0, $port, $rows->main,
        $rows->http($port), qw(valgrind -q --tool=callgrind),
        "--callgrind-out-file=$out");
    my $load = $stand->start_load($port);
    my ($dumps, %result) = (0);

    $load->connections($connections);
    for my $row (grep { !$_->{bare} } $rows->rows) {
        my $count = $row->{count} < $CODES ? $row->{count} : $CODES;
        my $slow = ($row->{codes} // '') eq 'cold' ? $row->{alg} : '';
        my $n = $REQUESTS{$slow} // $REQUESTS;
        $count = $n if $count > $n;
        $load->row(@$row{qw(name set)}, $count, @$row{qw(order text)});
        $load->run($row->{name}, 2 * $count, 0);
        _dump($pid, $out, ++$dumps);
        $load->run($row->{name}, $n, 0);
        my @once = _dump($pid, $out, ++$dumps);
        $load->run($row->{name}, 2 * $n, 0);
        my @twice = _dump($pid, $out, ++$dumps);
        $result{ $row->{name} } = { all => ($twice[0] - $once[0]) / $n,
                                    crypto => ($twice[1] - $once[1]) / $n };
    }
    undef $load;
    $stand->stop_nginx('counted');
    return \%result;
}

1;
