#!/usr/bin/perl
# What verifying a signature costs: the bare operation of OpenSSL, what core/
# adds to it, and whether a thousand keys cost more than one; each compared
# with its neighbour in time.  "openssl speed" runs too, and stands beside.
#
#     make bench B=verify [ROUNDS=201]         docs/benchmarks.md says the rest

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;

my $root   = dirname(dirname(File::Spec->rel2abs(__FILE__)));
my $rounds = $ENV{ROUNDS} || 201;
my @pinned = qw(taskset -c 0);

# alg => [ the row's name, what to give to openssl speed ]
my @rows = (
    [ 'HS256', '',         '-hmac', 'sha256', '-bytes', 330 ],
    [ 'HS384', '',         '-hmac', 'sha384', '-bytes', 330 ],
    [ 'HS512', '',         '-hmac', 'sha512', '-bytes', 330 ],
    [ 'RS256', ', 2048 bits', 'rsa2048' ],
    [ 'PS256', ', 2048 bits' ],
    [ 'RS512', ', 4096 bits', 'rsa4096' ],
    [ 'ES256', '',         'ecdsap256' ],
    [ 'ES384', '',         'ecdsap384' ],
    [ 'ES512', '',         'ecdsap521' ],
    [ 'EdDSA', '',         'ed25519' ],
    [ 'SGD_SM3_SM2', '',   'curveSM2' ],
);


# Microseconds of one operation by openssl speed, or "-" where it has none.
sub speed {
    my (@args) = @_;
    return '-' if !@args;
    my $out = `@pinned openssl speed -mr -seconds 1 @args 2>&1`;
    my ($rate) = $out =~ /^\+F\d*:.*:([\d.]+)$/m or return '-';
    $rate /= 330 if $args[0] eq '-hmac';    # bytes a second
    return sprintf '%.2f', 1e6 / $rate;
}


# alg => name => [ median, least, most ]
sub measure {
    my %result;
    open my $out, '-|', @pinned, "$root/build/bench/healthcode_verify_bench",
        $rounds or die "bench: $!\n";
    while (<$out>) {
        my ($alg, $name, @values) = split;
        $result{$alg}{$name} = \@values;
    }
    close $out or die "bench: the program failed\n";
    return %result;
}


sub time_of  { return sprintf '%8.2f (%.2f to %.2f)', @{ $_[0] } }
sub ratio_of { return sprintf '%.3f (%.2f to %.2f)', @{ $_[0] } }


sub slurp {
    my ($name) = @_;
    open my $file, '<', $name or return '';
    local $/;
    return scalar <$file>;
}


my %result = measure();
my ($cpu)  = slurp('/proc/cpuinfo') =~ /^model name\s*: (.*)/m;
my ($ssl)  = `openssl version` =~ /^(OpenSSL \S+)/;

printf "%s, %s; %d rounds; microseconds of CPU, median (min to max)\n\n",
    $cpu // 'an unknown CPU', $ssl // 'OpenSSL', $rounds;

printf "%-17s %9s   %-29s %-29s %s\n", 'one signature', 'speed',
    'bare OpenSSL', 'healthcode_signature_verify', 'ratio';
for my $row (@rows) {
    my ($alg, $note, @args) = @$row;
    my $r = $result{$alg};
    printf "%-17s %9s   %-29s %-29s %s\n", "$alg$note", speed(@args),
        time_of($r->{bare}), time_of($r->{verify}),
        ratio_of($r->{'verify/bare'});
}

printf "\n%-17s %-29s %-29s %-23s %s\n", 'one code', 'issuer with 1 key',
    'issuer with 1000 keys', 'ratio', 'ratio, keys in turn';
for my $row (@rows) {
    my ($alg, $note) = @$row;
    my $r = $result{$alg};
    printf "%-17s %-29s %-29s %-23s %s\n", "$alg$note", time_of($r->{one}),
        time_of($r->{many}), ratio_of($r->{'many/one'}),
        ratio_of($r->{'turn/one'});
}
